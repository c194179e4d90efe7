//! `listen` and `trigger`

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{ChildStdout, Stdio};

use ekolopay_sandbox::Sandbox;
use ekolopay_test_kit::run::{Killed, run};
use ekolopay_test_kit::{Server, response};
use serde_json::{Value, json};

use crate::program::{at, bare, run_at};

/// Its standard output, and the port in its first line.
fn listen(origin: &str, arguments: &[&str]) -> (Killed, BufReader<ChildStdout>, u16) {
    let mut command = at(origin);
    let mut child = Killed(command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut out = BufReader::new(child.0.stdout.take().unwrap());
    let url = next(&mut out)["listening"].as_str().unwrap().to_owned();
    let port = url.strip_prefix("http://127.0.0.1:").unwrap().parse().unwrap();
    (child, out, port)
}

fn next(out: &mut impl BufRead) -> Value {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

/// The status and the version of the answer.
fn send(port: u16, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.chars().take("HTTP/1.1 200".len()).collect()
}

fn post(body: &str) -> Vec<u8> {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length:";
    format!("{head} {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[test]
fn a_payment_is_triggered_and_its_callback_verified_and_passed_on() {
    let shop = Server::start(|_| response(202, ""));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let sandbox = Sandbox::builder().callback_url(format!("http://127.0.0.1:{port}/callback"));
    let sandbox = sandbox.redirect_url("http://127.0.0.1:1/").redirect_by_post(true).start().unwrap();
    let token = sandbox.add_payment("Iphone S", 150_000);
    let (text, url) = (port.to_string(), format!("{}/paid?x=1", shop.origin));
    let (_child, mut out, _) = listen(&sandbox.origin(), &["listen", "--json", "--port", &text, "--forward-to", &url]);

    let mut without_credentials = bare();
    without_credentials.env("EKOLOPAY_ORIGIN", sandbox.origin());
    let done = run(without_credentials.args(["trigger", "paid", &token]), "");
    assert_eq!((done.code, done.out), (0, format!("{token} settled: paid\n")));
    let claim = json!({
        "purchaseToken": token, "paymentSuccessful": true, "status": "SUCCESS", "message": "Paiement réussi.",
    });
    let expected = json!({
        "claim": claim, "verified": true, "agrees": true, "purchaseToken": token, "paymentSuccessful": true,
        "forwarded": 202,
    });
    assert_eq!(next(&mut out), expected);
    let request = shop.requests().pop().unwrap();
    assert!(request.head.starts_with("POST /paid?x=1 HTTP/1.1\r\n"), "{request:?}");
    assert!(request.head.to_lowercase().contains("\r\ncontent-type: application/x-www-form-urlencoded\r\n"));
    let body = format!("purchaseToken={token}&paymentSuccessful=true&status=SUCCESS&message=Paiement+r%C3%A9ussi.");
    assert_eq!(request.body, body);
    assert_eq!(sandbox.payments()[0].notifications[0].result, Ok(202));
}

#[test]
fn garbage_is_answered_400_and_a_forged_claim_is_reported() {
    let gateway = Sandbox::start().unwrap();
    let (mut child, mut out, port) = listen(&gateway.origin(), &["listen", "--json"]);
    let cases = [
        (post(""), "400"),
        (post("{\"a\":1}"), "400"),
        (post("purchaseToken=%1B&status=SUCCESS"), "400"),
        (b"GET /?purchaseToken=a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_vec(), "400"),
        (b"\x16\x03\x01\0\0\r\n\r\n".to_vec(), "400"),
        (post(&"x".repeat(70_000)), "413"),
        (post("purchaseToken=forged&paymentSuccessful=true&status=SUCCESS"), "200"),
    ];
    for (request, status) in cases {
        assert_eq!(send(port, &request), format!("HTTP/1.1 {status}"), "{}", String::from_utf8_lossy(&request));
    }
    let report = next(&mut out);
    assert_eq!((&report["verified"], &report["error"]), (&json!(false), &json!("refused")));
    assert_eq!(child.0.try_wait().unwrap(), None);

    let own = format!("http://localhost:{port}/callback");
    let loops = run_at(&gateway.origin(), &["listen", "--port", &port.to_string(), "--forward-to", &own]);
    loops.says(2, "error: forward-to must be an http or https URL other than this one, such as ");
    let taken = run_at(&gateway.origin(), &["listen", "--port", &port.to_string()]);
    taken.says(5, &format!("error: cannot listen on port {port}\n"));
}
