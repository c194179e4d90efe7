//! What the clients send, and what an exchange asks of the system.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use ekolopay_cost::peers::{PEERS, paid};
use ekolopay_test_kit::{Authority, KEPT_TOKEN, SECRET_KEY, Server};

#[test]
fn each_client_sends_the_same_two_forms_on_one_connection() {
    for (name, peer) in PEERS {
        let server = Server::start(paid);
        peer(&server.origin, &Authority::new().pem())();
        let forms: Vec<_> = server.requests().into_iter().map(|request| request.body).collect();
        let call = format!("purchaseToken={KEPT_TOKEN}&secret_key={SECRET_KEY}");
        assert_eq!((forms, server.connections()), (vec!["purchaseToken=".to_owned(), call], 1), "{name}");
    }
}

#[test]
fn an_exchange_is_one_write_and_at_most_8_system_calls() {
    assert_cheap(&Server::start(paid).origin, &Authority::new().pem(), "", &[]);
}

#[test]
fn so_it_is_over_tls() {
    let authority = Authority::new();
    let gateway = Server::start_tls(authority.config("localhost"), paid).origin;
    assert_cheap(&gateway, &authority.pem(), "", &HANDSHAKE);
}

#[test]
fn so_it_is_through_a_proxy() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.config("gateway.invalid"), paid);
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", proxy.local_addr().expect("an address"));
    thread::spawn(move || tunnel(proxy.accept()?.0, TcpStream::connect(server.address)?));
    let opening = [&["\"CONNECT "][..], &HANDSHAKE].concat();
    assert_cheap("https://gateway.invalid", &authority.pem(), &address, &opening);
}

/// The starts of a TLS handshake's writes, as strace shows them: the hello, the change of cipher, and what ends it.
const HANDSHAKE: [&str; 3] = [r#""\26\3\1"#, r#""\24\3\3"#, r#""\27\3\3"#];

/// Of 20 checks, of two exchanges each, made by a child. Its first writes, which open the connection, start like this.
fn assert_cheap(origin: &str, root: &str, proxy: &str, opening: &[&str]) {
    let mut strace = Command::new("strace");
    strace.args(["-y", "-s", "8", env!("CARGO_BIN_EXE_instructions"), "ekolopay", "20", origin, root]);
    strace.env("https_proxy", proxy).env_remove("no_proxy").env_remove("NO_PROXY");
    let output = strace.output().expect("apt-get install strace");
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{report}");
    let is_write = |call: &str| (call.starts_with("send") || call.starts_with("write")) && call.contains("<socket:");
    let calls = report.lines().enumerate();
    let (places, writes): (Vec<usize>, Vec<&str>) = calls.filter(|(_, call)| is_write(call)).unzip();
    assert!(writes.iter().zip(opening).all(|(write, start)| write.contains(start)), "{writes:#?}");
    assert_eq!(writes.len(), opening.len() + 40, "{writes:#?}");
    // From the second check on, all is warm. Memory may grow once or twice.
    let warm = &places[opening.len() + 2..];
    let costly = warm.windows(2).filter(|pair| pair[1] - pair[0] > 8).count();
    assert!(costly <= 2, "{costly} exchanges of more than 8 system calls: {report}");
}

fn tunnel(mut client: TcpStream, mut gateway: TcpStream) -> io::Result<u64> {
    BufReader::new(&client).lines().map_while(Result::ok).find(String::is_empty);
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut replies, mut to_client) = (gateway.try_clone()?, client.try_clone()?);
    thread::spawn(move || io::copy(&mut replies, &mut to_client));
    io::copy(&mut client, &mut gateway)
}
