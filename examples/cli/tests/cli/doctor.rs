//! `doctor`, against gateways that answer well, otherwise, and not at all.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use ekolopay_sandbox::{Sandbox, Settlement};
use ekolopay_test_kit::{Authority, RawRequest, Server, response};

use crate::support::{Folder, KEY, NOBODY, PROGRAM, Run, merchant, paid, run, run_at, server};

#[test]
fn a_documented_gateway_is_all_well_and_nothing_is_created() {
    let sandbox = Sandbox::start().unwrap();
    let token = sandbox.add_payment("Iphone S", 150_000);
    sandbox.settle(&token, Settlement::Paid);
    let doctor = run_at(&sandbox.origin(), &["doctor", "--token", &token, "--try-wrong-key"]);
    assert!(doctor.code == 0 && !doctor.out.contains('✗'), "{}", doctor.out);
    for part in
        ["made-up token: HTTP 200", "purchaseToken inconnu", "Domain Origin", "reads: paid\n", "key: the reply differs"]
    {
        assert!(doctor.out.contains(part), "{part} in {}", doctor.out);
    }
    assert_eq!(sandbox.payments().len(), 1);
    // By itself it sends no wrong key.
    let server = server(|_| paid());
    run_at(&server.origin, &["doctor"]);
    assert!(server.calls().iter().all(|call| call.body.contains(KEY)), "{:?}", server.calls());
}

#[test]
fn what_is_wrong_is_named() {
    let sandbox = Sandbox::start().unwrap();
    let says = |run: Run, code: i32, part: &str| assert!(run.code == code && run.out.contains(part), "{part}: {run:?}");
    says(run_at(&sandbox.origin(), &["doctor", "--token", "a"]), 1, "✗ your token: HTTP 200");
    let mut wrong = merchant(PROGRAM, &sandbox.origin());
    wrong.env("EKOLOPAY_SECRET_KEY", "wrong").arg("doctor");
    says(run(wrong, ""), 1, "✗ key: the reply is the same as without a key\n  → the key may not be accepted");
    let mut no_key = merchant(PROGRAM, &sandbox.origin());
    no_key.env_remove("EKOLOPAY_SECRET_KEY").arg("doctor");
    says(run(no_key, ""), 2, "✗ variables: EKOLOPAY_SECRET_KEY is not set");
    sandbox.set_in_service(false);
    says(run_at(&sandbox.origin(), &["doctor"]), 3, "✗ availability: HTTP 200");
    says(run_at(NOBODY, &["doctor"]), 4, "✗ connection: 127.0.0.1:1: Connection refused");
    says(run_at("http://example.com", &["doctor"]), 2, "✗ origin: EKOLOPAY_ORIGIN must be https");
    let plain = Sandbox::builder().plain_errors(true).start().unwrap();
    says(run_at(&plain.origin(), &["doctor"]), 1, "✗ made-up token: HTTP 500");
    says(run_at(&plain.origin(), &["doctor"]), 1, "not documented; the SDK reads: the gateway refused with code 0");
    says(run_at(&server(|_| paid()).origin, &["doctor"]), 1, "paid, for a token that nobody made");
    let page = server(|_| response(200, "<html>\u{1b}[31m"));
    says(run_at(&page.origin, &["doctor"]), 1, "unexpected: the body is not");
    let stranger = Server::start_tls(Authority::new().config("localhost"), RawRequest::documented);
    says(run_at(&stranger.origin, &["doctor"]), 4, "→ the certificate is from an authority that is not trusted");
}

#[test]
fn a_report_behind_a_proxy_holds_no_secret() {
    let authority = Authority::new();
    let echo = |request: &RawRequest| response(200, &format!("{} {}", request.head.replace("\r\n", " "), request.body));
    let gateway = Server::start_tls(authority.config("gateway.example"), echo);
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://user:password@{}", proxy.local_addr().unwrap());
    thread::spawn(move || {
        for client in proxy.incoming().map_while(Result::ok) {
            let mut head = BufReader::new(client.try_clone().unwrap()).lines().map_while(Result::ok);
            if !head.any(|line| line.is_empty()) {
                continue; // The doctor looks whether it listens.
            }
            let (port, mut to_client) = (gateway.port, client.try_clone().unwrap());
            let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            to_client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            let (mut from_server, mut from_client) = (server.try_clone().unwrap(), client);
            thread::spawn(move || std::io::copy(&mut from_client, &mut server));
            thread::spawn(move || std::io::copy(&mut from_server, &mut to_client));
        }
    });
    let folder = Folder::new("");
    folder.write("roots.pem", authority.pem());
    let mut doctor = folder.command(PROGRAM, "https://gateway.example");
    doctor.env("HTTPS_PROXY", &url).env("EKOLOPAY_API_CLIENT", "client-of-mine").arg("doctor");
    let arguments = "--token own%2Ftoken --root-certificates roots.pem --report report.txt --try-wrong-key";
    doctor.args(arguments.split(' '));
    let run = run(doctor, "");
    let report = std::fs::read_to_string(folder.path("report.txt")).unwrap();
    assert_eq!(run.code, 1, "{report}");
    for text in [&run.out, &report] {
        assert!(text.contains("✓ proxy: 127.0.0.1:") && text.contains("✓ TLS: "), "{text}");
        assert!(text.contains("[secret key]") && text.contains("[api_client]") && text.contains("[token]"), "{text}");
        for secret in [KEY, "client-of-mine", "own%2Ftoken", "own%252Ftoken", "password"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}
