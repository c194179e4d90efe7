//! Rows 1, 2, 3, 6 and 8: no connection is made, or it cannot be used.

use std::iter;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use ekolopay::{Credentials, Error, Gateway};
use ekolopay_faults::{Call, CallOutcome, FaultServer, Step, logs, refuse};
use ekolopay_test_kit::secret;

use crate::client::Client;
use crate::fault::{Fault, Front, Hit, TIMEOUT, gateway};
use crate::judge;

const CALLS: [Call; 2] = [Call::Token(1), Call::Payment(0)];

#[test]
fn row_01_name_does_not_resolve() {
    let timeout = Duration::from_secs(2);
    for call in CALLS {
        let start = Instant::now();
        let mut client = Client::new("https://gateway.invalid", timeout, &[]);
        let outcome = client.call(call).outcome;
        client.end();
        assert!(start.elapsed() < timeout * 2 + Duration::from_secs(3));
        // The machine's resolver may be slower than the timeout.
        judge::outcome(&outcome);
        assert!(["Transport: not sent", "Transport, timeout: not sent"].contains(&&*outcome.what), "{}", outcome.what);
    }
}

#[test]
fn row_02_connection_refused() {
    // No other test listens at these addresses: a port that is closed here stays closed.
    for host in ["127.0.0.2", "::1"] {
        let listener = TcpListener::bind((host, 0)).unwrap();
        let closed = listener.local_addr().unwrap();
        drop(listener);
        for call in CALLS {
            judge::is(&call.make(&gateway(&format!("http://{closed}"), TIMEOUT)), "Transport: not sent");

            let listener = TcpListener::bind((host, 0)).unwrap();
            let passes = vec![refuse(&listener), Step::LAST_ANSWER];
            let server = FaultServer::on(listener, [passes]);
            let make = |address| call.make(&gateway(&format!("http://{address}"), TIMEOUT));
            judge::is(&judge::call(TIMEOUT, server, make).0, "Transport: not sent");
        }
    }
}

/// Connects until one attempt is not answered at once: the backlog is full, and no other will be. It stays full, since
/// nobody accepts what is in it.
pub(crate) fn fill(address: SocketAddr) {
    while TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok() {}
}

#[test]
fn row_03_connect_unanswered() {
    let timeout = Duration::from_secs(2);
    for call in CALLS {
        for hit in [Hit::Check, Hit::Call] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let passes = vec![Step::Do(Arc::new(move || fill(address))), Step::LAST_ANSWER];
            // No other connection is accepted before the call is over.
            let (running, over) = channel::<()>();
            let wait = iter::from_fn(move || over.recv().ok().and(None));
            let server = FaultServer::on(listener, (hit == Hit::Call).then_some(passes).into_iter().chain(wait));
            if hit == Hit::Check {
                fill(address);
            }
            let (outcome, _) = judge::call(timeout, server, |address| {
                let _running = running;
                call.make(&gateway(&format!("http://{address}"), timeout))
            });
            assert_eq!(outcome.what, "Transport, timeout: not sent", "{hit:?}");
        }
    }
}

#[test]
fn row_03_connecting_gets_10_s() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    fill(address);
    let start = Instant::now();
    let outcome = Call::Payment(0).make(&gateway(&format!("http://{address}"), Duration::from_secs(30)));
    let lasted = start.elapsed();
    assert_eq!(outcome.what, "Transport, timeout: not sent");
    assert!((Duration::from_millis(9_900)..Duration::from_secs(10) + judge::slack()).contains(&lasted), "{lasted:?}");
}

/// Whatever the machine's list of hosts says of the name.
#[test]
fn row_84_localhost_is_ipv4_loopback_and_then_ipv6() {
    for host in ["127.0.0.1", "::1"] {
        for call in CALLS {
            // The other address of the same port may be another test's.
            let listener = (0..100).find_map(|_| {
                let listener = TcpListener::bind((host, 0)).unwrap();
                let port = listener.local_addr().unwrap().port();
                (host == "127.0.0.1" || TcpListener::bind(("127.0.0.1", port)).is_ok()).then_some(listener)
            });
            let server = FaultServer::on(listener.unwrap(), []);
            let origin = format!("localhost:{}", server.address().port());
            let (outcome, received) =
                judge::call(TIMEOUT, server, |_| call.make(&gateway(&format!("http://{origin}"), TIMEOUT)));
            judge::is(&outcome, "success");
            assert!(received.requests.iter().all(|request| request.host == origin), "{received:?}");
        }
    }
}

#[test]
fn row_06_plain_http_to_another_machine() {
    logs::watch();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let hosts = "0.0.0.0 [::ffff:127.0.0.1] 2130706433 127.1 127.0.0.1.example.com localhost.example.com";
    for host in hosts.split(' ') {
        for origin in [format!("http://{host}:{port}"), format!("http://{host}")] {
            let built = Gateway::builder(Credentials::new("demo", secret()).unwrap()).origin(&origin).build();
            let refused = matches!(&built, Err(invalid) if invalid.field() == "origin");
            assert!(refused, "{origin}: {built:?}");
            judge::outcome(&CallOutcome::of(built.map(|_| false).map_err(Error::from)));
        }
    }
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "no connection is made");
}

#[test]
fn row_08_reset_at_accept() {
    let fault = Fault::connecting(Front::Plain, "reset at accept", [Step::Reset]);
    fault.becomes("Transport: not sent or Transport: may have arrived", "Transport: not sent");
}
