//! A proxy is used if the environment says so and the gateway is on another machine. Which variable counts is tested in
//! `src/transport/proxy.rs`.

use ekolopay_faults::Call;
use ekolopay_faults::service::serve;
use ekolopay_test_kit::{Connection, Server, response_with, secret};

use crate::client::Client;
use crate::fault::{Fault, Front, TIMEOUT};
use crate::judge;

#[test]
fn a_proxy_that_fails() {
    let connecting = |name, answer: Vec<u8>| {
        let fault = Fault::new(name, move |connection| {
            connection.request()?;
            connection.write(&answer)
        });
        let fault = Fault { front: Front::Proxy, connecting: true, ..fault };
        fault.becomes("Transport: not sent", "Transport: not sent");
    };
    connecting("407", response_with(407, "Proxy-Authenticate: Basic realm=\"x\"\r\n", secret()));
    connecting("407 with a long head", response_with(407, &format!("X: {}\r\n", "x".repeat(60 << 10)), ""));
    connecting("502", response_with(502, "", secret()));
    connecting("garbage", format!("{}\r\n\r\n", secret()).into_bytes());
    connecting("closed", Vec::new());
    let silent = Fault { front: Front::Proxy, connecting: true, ..Fault::new("silent", Connection::stall) };
    silent.becomes("Transport, timeout: not sent", "Transport, timeout: not sent");
}

#[test]
fn a_proxy_is_told_the_gateways_name_and_port_in_plain_text_and_nothing_else() {
    let server = Server::play(|connection| Front::Proxy.greet(connection).and_then(|()| serve(connection)));
    let caller = Front::Proxy.caller(server.address, TIMEOUT);
    judge::is(&caller.call(Call::Payment(0)), "success");
    caller.end();
    judge::finish(&server);
    let (connects, posts): (Vec<_>, Vec<_>) =
        server.requests().into_iter().partition(|request| request.head.starts_with("CONNECT gateway.invalid:443 "));
    // These were encrypted.
    assert!(posts.len() == 2 && posts.iter().all(|request| request.head.starts_with("POST ")));
    assert!(!connects.is_empty() && connects.iter().all(|request| !request.head.contains("demo")), "{connects:?}");
}

#[test]
fn a_proxy_is_never_used_for_loopback() {
    let (proxy, server) = (Server::play(serve), Server::play(serve));
    let variables = ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "https_proxy", "http_proxy"];
    let environment = variables.map(|name| (name, &*proxy.origin));
    for (number, host) in [(0, "127.0.0.1"), (2, "localhost")] {
        let mut client = Client::new(&format!("http://{host}:{}", server.address.port()), TIMEOUT, &environment);
        judge::is(&client.call(Call::Payment(number)), "success");
        client.end();
    }
    judge::finish(&server);
    assert_eq!((server.calls().len(), proxy.connections()), (2, 0));
}
