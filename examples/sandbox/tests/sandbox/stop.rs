//! Starting and stopping.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ekolopay_sandbox::Sandbox;

use crate::client::{connect, get, read_answer};

#[test]
fn a_dropped_sandbox_leaves_nothing_open() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let address = sandbox.address();
    assert!(address.ip().is_loopback());
    assert_eq!(sandbox.origin(), format!("http://{address}"));
    let mut idle = connect(address);
    idle.write_all(b"GET /sandbox HTTP/1.1\r\n\r\n").expect("sent");
    assert_eq!(read_answer(&idle, true).expect("an answer").status, 200);
    let mut half = connect(address);
    half.write_all(b"POST /").expect("sent");
    let mut fresh = connect(address);
    assert_eq!(get(&sandbox, "/sandbox").status, 200);
    assert_ne!(threads(address.port()), Some(0));

    let started = Instant::now();
    drop(sandbox);
    assert!(started.elapsed() < Duration::from_millis(900), "{:?}", started.elapsed());
    let refused = TcpStream::connect(address).expect_err("a refusal");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    for stream in [&mut idle, &mut half, &mut fresh] {
        // Shut down or reset, but not open.
        assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
    }
    assert!(started.elapsed() < Duration::from_secs(3));
    while threads(address.port()).is_some_and(|count| count > 0) {
        assert!(started.elapsed() < Duration::from_secs(3), "threads are left");
    }
}

/// The threads serving this port, where that can be told.
fn threads(port: u16) -> Option<usize> {
    let name = format!("serve:{port}");
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let names = tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    Some(names.filter(|comm| comm.trim_end() == name).count())
}

#[test]
fn a_port_in_use_is_an_error() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let second = Sandbox::builder().listen(sandbox.address()).start();
    assert_eq!(second.expect_err("a refusal").kind(), ErrorKind::AddrInUse);
}

#[test]
fn the_origin_of_an_unspecified_address_is_the_loopback_one() {
    let any = "0.0.0.0:0".parse().expect("an address");
    let sandbox = Sandbox::builder().listen(any).start().expect("a sandbox");
    let port = sandbox.address().port();
    assert!(sandbox.address().ip().is_unspecified());
    assert_eq!(sandbox.origin(), format!("http://127.0.0.1:{port}"));
    drop(sandbox);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let base = Sandbox::builder;
    for url in [
        "https://demosa.com/callback",
        "HTTP://demosa.com/",
        "demosa.com/callback",
        "http://",
        "http:///callback",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:x/",
        "http://[::1]:8080/",
        "http://user@demosa.com/",
        "http://demosa.com/a b",
        "http://demosa.com/\r\nX: y",
        "",
    ] {
        let error = base().callback_url(url).start().expect_err(url);
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("http://"), "{error}");
    }
    for url in ["http://localhost:80", "http://127.0.0.1:8080/a?b=c", "http://shop.test?x=1"] {
        assert!(base().callback_url(url).start().is_ok(), "{url}");
    }
    for url in ["", "/", "javascript:alert(1)", "https://", "https://a/\r\nX: y", "https://a/é"] {
        let error = base().redirect_url(url).start().expect_err(url);
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    for error in [base().secret_key(" ").start(), base().api_client("").start()] {
        assert_eq!(error.expect_err("blank").kind(), ErrorKind::InvalidInput);
    }
}
