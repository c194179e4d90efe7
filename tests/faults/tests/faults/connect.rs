//! No connection is made, or it cannot be used.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay::transport::Endpoint;
use ekolopay::{Credentials, Gateway};
use ekolopay_faults::Call;
use ekolopay_faults::service::{last_answer, serve};
use ekolopay_test_kit::{Server, secret};

use crate::client::Client;
use crate::fault::{Fault, TIMEOUT, gateway, reset};
use crate::judge;

fn listen(host: &str) -> TcpListener {
    TcpListener::bind((host, 0)).expect("127.0.0.1 and ::1 are loopback")
}

#[test]
fn a_name_that_does_not_resolve() {
    for call in Call::BOTH {
        let mut client = Client::new("https://gateway.invalid", Duration::from_secs(2), &[]);
        let outcome = client.call(call);
        client.end();
        // The machine's resolver may be slower than the timeout.
        judge::outcome(&outcome);
        assert!(["Transport: not sent", "Transport, timeout: not sent"].contains(&&*outcome.what), "{}", outcome.what);
    }
}

/// A gateway that closes its port after a check, before the call; then this is done.
fn closing(host: &str, timeout: Duration, then: impl Fn(SocketAddr) + Send + Sync + 'static) -> Gateway {
    let server = Server::on(listen(host), last_answer);
    let builder = Gateway::builder(Credentials::new("demo", secret()).unwrap()).origin(&server.origin).timeout(timeout);
    let builder = builder.wrap(move |request, next| {
        if request.endpoint() != Endpoint::Availability {
            server.finish();
            then(server.address);
        }
        next.send(request)
    });
    builder.build().unwrap()
}

#[test]
fn a_port_where_nobody_listens_or_nobody_any_more() {
    for (host, call) in [("127.0.0.1", Call::BOTH[0]), ("::1", Call::BOTH[1])] {
        let closed = listen(host).local_addr().unwrap();
        judge::is(&call.make(&gateway(&format!("http://{closed}"), TIMEOUT)), "Transport: not sent");
        // A process that another test is starting holds the socket for another moment.
        let closing = closing(host, TIMEOUT, |_| thread::sleep(Duration::from_millis(100)));
        judge::is(&call.make(&closing), "Transport: not sent");
    }
}

/// Nobody accepts. The backlog is full once an attempt to connect is not answered at once.
#[cfg(target_os = "linux")]
fn fill(address: SocketAddr) {
    while TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok() {}
}

#[cfg(target_os = "linux")]
#[test]
fn a_connection_that_is_not_answered_gets_the_timeout_or_ten_seconds() {
    let listener = listen("127.0.0.1");
    let address = listener.local_addr().unwrap();
    fill(address);
    let times_out = |call: Call, gateway: &Gateway, seconds| {
        let start = Instant::now();
        judge::is(&call.make(gateway), "Transport, timeout: not sent");
        let (lasted, seconds) = (start.elapsed(), Duration::from_secs(seconds));
        assert!(lasted + Duration::from_millis(10) > seconds && lasted < seconds + judge::SLACK, "{lasted:?}");
    };
    thread::scope(|scope| {
        for call in Call::BOTH {
            for (timeout, seconds) in [(1, 1), (30, 10)] {
                let gateway = gateway(&format!("http://{address}"), Duration::from_secs(timeout));
                scope.spawn(move || times_out(call, &gateway, seconds));
            }
            let closing = closing("127.0.0.1", Duration::from_secs(1), |address| {
                // It lives on with the process.
                std::mem::forget(TcpListener::bind(address).unwrap());
                fill(address);
            });
            scope.spawn(move || times_out(call, &closing, 1));
        }
    });
}

#[test]
fn a_reset_before_anything_is_read() {
    let fault = Fault { connecting: true, ..Fault::new("reset at accept", reset) };
    fault.becomes("Transport: not sent or Transport: may have arrived", "Transport: not sent");
}

/// Whatever the machine's list of hosts says of the name.
#[test]
fn localhost_is_this_machine_by_ipv4_and_then_by_ipv6() {
    for (host, call) in [("127.0.0.1", Call::BOTH[0]), ("::1", Call::BOTH[1])] {
        // The same port of 127.0.0.1 may be another test's.
        let is_free = |listener: &TcpListener| {
            let port = listener.local_addr().unwrap().port();
            host == "127.0.0.1" || TcpListener::bind(("127.0.0.1", port)).is_ok()
        };
        let server = Server::on((0..100).map(|_| listen(host)).find(is_free).unwrap(), serve);
        let origin = format!("localhost:{}", server.address.port());
        let make = || call.make(&gateway(&format!("http://{origin}"), TIMEOUT));
        judge::is(&judge::call(TIMEOUT, &server, make), "success");
        let says = format!("\r\nhost: {origin}\r\n");
        assert!(server.requests().iter().all(|request| request.head.to_lowercase().contains(&says)));
    }
}
