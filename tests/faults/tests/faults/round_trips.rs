//! What a call costs over a long line. Connections, TLS 1.3 handshakes and requests are counted: each takes one round
//! trip, as long as no part of a request waits for an acknowledgement.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay::Gateway;
use ekolopay::purchase::{Customer, Product, Purchase};
use ekolopay::verify::Verification;
use ekolopay_test_kit::{Counts, KEPT_TOKEN, RawRequest, Server};
use socket2::SockRef;

use crate::fault::{AUTHORITY, TIMEOUT, gateway};

/// TCP, TLS, check, call: four round trips.
const COLD: Counts = Counts { connections: 1, full: 1, resumed: 0, requests: 2 };

/// The same without a certificate to verify.
const RESUMED: Counts = Counts { full: 0, resumed: 1, ..COLD };

/// Check, call: two round trips.
const WARM: Counts = Counts { connections: 0, full: 0, resumed: 0, requests: 2 };

fn check_payment(gateway: &Gateway) {
    let verification = gateway.check_payment(&KEPT_TOKEN.parse().unwrap()).unwrap();
    assert!(matches!(verification, Verification::Paid(_)));
}

fn create_token(gateway: &Gateway) {
    let purchase = Purchase::new(150_000, Product::new("Achat d'un Iphone S"), Customer::new("066304925")).unwrap();
    assert_eq!(gateway.create_purchase_token(&purchase).unwrap().as_str(), "string");
}

#[track_caller]
fn costs(server: &Server, expected: Counts, call: impl FnOnce()) {
    let before = server.counts();
    call();
    assert_eq!(server.counts() - before, expected);
}

#[test]
fn a_call_costs_four_round_trips_and_two_within_three_seconds() {
    for call in [check_payment, create_token] {
        let server = AUTHORITY.server(RawRequest::documented);
        let gateway = gateway(&server.origin, TIMEOUT);
        costs(&server, COLD, || call(&gateway));
        // The second one by a clone in another thread, not at once but in time.
        thread::sleep(Duration::from_millis(1_500));
        let clone = gateway.clone();
        costs(&server, WARM, || thread::scope(|scope| scope.spawn(|| call(&clone)).join().unwrap()));
        thread::sleep(Duration::from_millis(3_100));
        costs(&server, RESUMED, || call(&gateway));
    }
}

#[test]
fn an_availability_check_costs_three_round_trips_and_then_one() {
    let server = AUTHORITY.server(RawRequest::documented);
    let gateway = gateway(&server.origin, TIMEOUT);
    let check = || gateway.check_availability().unwrap();
    costs(&server, Counts { requests: 1, ..COLD }, check);
    costs(&server, Counts { requests: 1, ..WARM }, check);
}

/// So the tests above can fail.
#[test]
fn a_connection_that_is_not_reused_is_counted() {
    let closes = |request: &RawRequest| {
        let text = String::from_utf8(request.documented()).unwrap();
        text.replacen("\r\n", "\r\nConnection: close\r\n", 1).into_bytes()
    };
    let server = AUTHORITY.server(closes);
    let gateway = gateway(&server.origin, TIMEOUT);
    costs(&server, Counts { connections: 2, full: 1, resumed: 1, requests: 2 }, || check_payment(&gateway));
    costs(&server, Counts { connections: 2, full: 0, resumed: 2, requests: 2 }, || check_payment(&gateway));
}

#[test]
fn nothing_is_connected_before_the_first_call() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let gateway = gateway(&format!("https://{}", listener.local_addr().unwrap()), TIMEOUT);
    // The kernel would have put a connection in the queue before its client knew.
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(gateway);
}

const REQUESTS: usize = 9;

/// Linux acknowledges after 40 ms at the earliest when it is asked to take its time.
const ACKNOWLEDGED: Duration = Duration::from_millis(20);

/// How long after the head of each request on one connection its body came. ureq writes the two separately; with Nagle's
/// algorithm the kernel holds the body back until the head is acknowledged, which is a round trip. On loopback this shows
/// only if the server's kernel delays that. A busy machine lengthens some gaps, and hides those it reads in one go.
fn gaps(client: impl FnOnce(&str)) -> Vec<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        // The first may be acknowledged before the kernel is asked not to.
        (0..REQUESTS).map(|_| serve(&stream)).skip(1).collect()
    });
    client(&origin);
    server.join().unwrap()
}

fn serve(mut stream: &TcpStream) -> Duration {
    // The kernel forgets it after each read.
    let acknowledge_late = || SockRef::from(stream).set_tcp_quickack(false).unwrap();
    let mut reader = BufReader::new(stream);
    acknowledge_late();
    reader.by_ref().lines().take_while(|line| !line.as_ref().unwrap().is_empty()).for_each(drop);
    let start = Instant::now();
    acknowledge_late();
    reader.read_exact(&mut [0; "purchaseToken=".len()]).unwrap();
    let gap = start.elapsed();
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
    gap
}

#[test]
fn no_part_of_a_request_waits_for_an_acknowledgement() {
    let gaps = gaps(|origin| {
        let gateway = gateway(origin, TIMEOUT);
        (0..REQUESTS).for_each(|_| gateway.check_availability().unwrap());
    });
    assert!(gaps.iter().min().unwrap() < &ACKNOWLEDGED, "{gaps:?}");
}

/// So the test above can fail, and ureq does write twice.
#[test]
fn with_nagles_algorithm_the_body_would_wait() {
    let gaps = gaps(|origin| {
        let agent: ureq::Agent = ureq::Agent::config_builder().proxy(None).no_delay(false).build().into();
        for _ in 0..REQUESTS {
            agent.post(origin).send("purchaseToken=").unwrap().body_mut().read_to_vec().unwrap();
        }
    });
    assert!(gaps.iter().max().unwrap() > &ACKNOWLEDGED, "{gaps:?}");
}
