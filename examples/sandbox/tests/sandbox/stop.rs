//! Starting and stopping.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ekolopay_sandbox::{Sandbox, Trouble};

use crate::client::{connect, get};

#[test]
fn a_dropped_sandbox_leaves_nothing_open() {
    let sandbox = Sandbox::start().unwrap();
    let address = sandbox.address();
    assert!(address.ip().is_loopback());
    assert_eq!(sandbox.origin(), format!("http://{address}"));
    let mut idle = connect(address);
    idle.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert!(idle.read(&mut [0; 4096]).unwrap() > 0);
    let mut half = connect(address);
    half.write_all(b"POST /").unwrap();
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
fn the_origin_of_an_unspecified_address_is_the_loopback_one() {
    let sandbox = Sandbox::builder().listen("0.0.0.0:0".parse().unwrap()).start().unwrap();
    let port = sandbox.address().port();
    assert_eq!(sandbox.origin(), format!("http://127.0.0.1:{port}"));
    drop(sandbox);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let base = Sandbox::builder;
    let undeliverable = "https://demosa.com/callback|HTTP://demosa.com/|demosa.com/callback|http://|http:///callback|\
        http://127.0.0.1:0/|http://127.0.0.1:99999/|http://127.0.0.1:x/|http://[::1]:8080/|http://user@demosa.com/|\
        http://demosa.com/a b|http://demosa.com/\r\nX: y|";
    for url in undeliverable.split('|') {
        let error = base().callback_url(url).start().expect_err(url);
        assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().contains("http://"), "{error}");
    }
    for url in ["http://localhost:80", "http://127.0.0.1:8080/a?b=c", "http://shop.test?x=1"] {
        assert!(base().callback_url(url).start().is_ok(), "{url}");
    }
    let refused = ["", "/", "javascript:alert(1)", "https://", "https://a/\r\nX: y", "https://a/é"];
    let mut builders: Vec<_> = refused.into_iter().map(|url| base().redirect_url(url)).collect();
    builders.extend([base().secret_key(" "), base().api_client(""), base().rate_limit(0)]);
    for cuts in [1.1, -0.1, f64::NAN, 0.6] {
        builders.push(base().trouble(Trouble { cuts, delays: 0.6, ..Trouble::default() }));
    }
    for builder in builders {
        assert_eq!(builder.start().expect_err("a refusal").kind(), ErrorKind::InvalidInput);
    }
}
