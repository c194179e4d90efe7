//! Rows 1, 2, 3, 6 and 8: no connection is made, or it cannot be used.

use std::iter;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use ekolopay::{Credentials, Error, Gateway};
use ekolopay_faults::replies::response;
use ekolopay_faults::{Call, CallOutcome, FaultServer, Script, Step, Then};
use ekolopay_test_kit::secret;

use crate::client::Client;
use crate::fault::{Fault, Hit, gateway, reply};
use crate::judge;

/// The check passes, and the client must connect anew.
fn passes_and_closes() -> Script {
    vec![Step::Request, reply(|json| response(200, "Connection: close\r\n", json))]
}

#[test]
fn row_01_name_does_not_resolve() {
    let timeout = Duration::from_secs(2);
    for call in [Call::Token(1), Call::Payment(0)] {
        let start = Instant::now();
        let outcome = Client::new("https://gateway.invalid", timeout).call(call).outcome();
        assert!(start.elapsed() < timeout * 2 + Duration::from_secs(3));
        judge::outcome(&outcome);
        let outcome = outcome.to_string();
        // The machine's resolver may be slower than the timeout.
        assert!(["Transport: NotSent", "Transport, timeout: NotSent"].contains(&&*outcome), "{outcome}");
    }
}

#[test]
fn row_02_connection_refused() {
    let timeout = Duration::from_secs(10);
    // No other test listens at these addresses: a port that is closed here stays closed.
    for host in ["127.0.0.2", "::1"] {
        let Ok(listener) = TcpListener::bind((host, 0)) else {
            assert_eq!(host, "::1", "all of 127.0.0.0/8 is loopback");
            println!("this machine has no IPv6");
            continue;
        };
        let closed = listener.local_addr().unwrap();
        drop(listener);
        for call in [Call::Token(1), Call::Payment(0)] {
            let outcome = call.make(&gateway(&format!("http://{closed}"), timeout));
            judge::outcome(&outcome);
            assert_eq!(outcome.to_string(), "Transport: NotSent", "{host}: {}", outcome.texts);

            let server = FaultServer::start(host, vec![passes_and_closes()], Then::Refuse).unwrap();
            let start = Instant::now();
            let outcome = call.make(&gateway(&format!("http://{}", server.address()), timeout));
            judge::call(&outcome, start.elapsed(), timeout, &server.finish());
            assert_eq!(outcome.to_string(), "Transport: NotSent", "{host}: {}", outcome.texts);
        }
    }
}

/// Connects until one attempt is not answered at once: the backlog is full, and no other will be.
pub(crate) fn fill(address: SocketAddr) -> Vec<TcpStream> {
    iter::from_fn(|| TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok()).collect()
}

#[test]
fn row_03_connect_unanswered() {
    let timeout = Duration::from_secs(2);
    for call in [Call::Token(1), Call::Payment(0)] {
        for hit in [Hit::Check, Hit::Call] {
            let (told, address) = channel();
            let mut scripts = Vec::new();
            if hit == Hit::Call {
                let mut script = passes_and_closes();
                let mut waiting = Vec::new();
                let step = move || waiting.extend(fill(address.recv().unwrap()));
                script.insert(1, Step::Do(Box::new(step)));
                scripts.push(script);
            }
            let server = FaultServer::start("127.0.0.1", scripts, Then::Ignore).unwrap();
            let waiting = (hit == Hit::Check).then(|| fill(server.address()));
            let _ = told.send(server.address());
            let start = Instant::now();
            let outcome = call.make(&gateway(&format!("http://{}", server.address()), timeout));
            judge::call(&outcome, start.elapsed(), timeout, &server.finish());
            assert_eq!(outcome.to_string(), "Transport, timeout: NotSent", "{hit:?}");
            drop(waiting);
        }
    }
}

#[test]
fn row_03_connecting_gets_10_s() {
    let server = FaultServer::start("127.0.0.1", vec![], Then::Ignore).unwrap();
    let waiting = fill(server.address());
    let start = Instant::now();
    let outcome = Call::Payment(0).make(&gateway(&format!("http://{}", server.address()), Duration::from_secs(30)));
    let lasted = start.elapsed();
    assert_eq!(outcome.to_string(), "Transport, timeout: NotSent");
    assert!((Duration::from_millis(9_900)..Duration::from_secs(10) + judge::slack()).contains(&lasted), "{lasted:?}");
    server.finish();
    drop(waiting);
}

#[test]
fn row_06_plain_http_to_another_machine() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in
        ["0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "127.1", "127.0.0.1.example.com", "localhost.example.com"]
    {
        for origin in [format!("http://{host}:{port}"), format!("http://{host}")] {
            let built = Gateway::builder(Credentials::new("demo", secret()).unwrap()).origin(&origin).build();
            assert!(
                matches!(&built, Err(Error::Invalid(invalid)) if invalid.field() == "origin"),
                "{origin}: {built:?}"
            );
            let outcome = CallOutcome::of(built.map(|_| false));
            judge::outcome(&outcome);
        }
    }
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "no connection is made");
}

#[test]
fn row_08_reset_at_accept() {
    Fault::new(8, "reset at accept", || vec![Step::Reset])
        .on_a_new_connection()
        .call(&["Transport: NotSent", "Transport: Unknown"])
        .check(&["Transport: NotSent"]);
}
