//! Many payments and connections, too many requests (row 83), and the end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::Sandbox;

use crate::client::{attempt, get, is_paid, new_token, settle};

const CALL: &str = "POST /api/v1/gateway/check-payment HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[test]
fn a_thousand_payments_over_64_connections_at_once() {
    let sandbox = Sandbox::start().unwrap();
    thread::scope(|scope| {
        for number in 0..64 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                for payment in 0..16 {
                    let (token, outcome) = (new_token(sandbox), ["paid", "failed"][(number + payment) % 2]);
                    assert_eq!(settle(sandbox, &token, outcome).status, 303);
                    assert_eq!(is_paid(sandbox, &token), outcome == "paid");
                }
            });
        }
    });
    assert_eq!(sandbox.payments().len(), 1024);
}

#[test]
fn it_starts_and_stops_in_an_asynchronous_test() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { drop(Sandbox::start().unwrap()) });
}

#[test]
fn a_full_sandbox_says_so() {
    let sandbox = Sandbox::builder().latency(Duration::from_secs(3)).start().unwrap();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let call = || attempt(&sandbox, CALL).unwrap().status;
        let threads: Vec<_> = (0..300).map(|_| scope.spawn(call)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let count = |status| statuses.iter().filter(|known| **known == status).count();
    assert!(count(200) >= 256 && count(503) > 0 && count(200) + count(503) == 300, "{statuses:?}");
    let started = Instant::now();
    assert_eq!(get(&sandbox, "/sandbox").status, 200);
    assert!(started.elapsed() < Duration::from_secs(3), "only the calls have latency");
}

#[test]
fn a_dropped_sandbox_answers_what_is_under_way_and_leaves_nothing_open() {
    let builder = Sandbox::builder().listen("0.0.0.0:0".parse().unwrap()).latency(Duration::from_millis(300));
    let sandbox = builder.start().unwrap();
    let port = sandbox.address().port();
    assert_eq!(sandbox.origin(), format!("http://127.0.0.1:{port}"));
    let connect = |bytes: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        stream
    };
    let (mut half, mut fresh, mut under_way) = (connect("POST /"), connect(""), connect(CALL));
    assert_eq!(get(&sandbox, "/sandbox").status, 200);
    thread::sleep(Duration::from_millis(100));
    let started = Instant::now();
    drop(sandbox);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    let mut answer = String::new();
    under_way.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("api_client inconnu."), "{answer}");
    // Shut down or reset, but not silent.
    let open = |error: std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
    assert!([&mut half, &mut fresh].into_iter().all(|stream| !stream.read(&mut [0]).is_err_and(open)));
}
