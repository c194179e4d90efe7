//! What clients send, right and wrong.

use std::io::{Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::Sandbox;

use crate::client::{PURCHASE, connect, get, new_token, order, post, read_answer, send};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

#[test]
fn unknown_paths_and_wrong_methods() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let token = new_token(&sandbox);
    for path in ["/nowhere", "/api/v1/gateway", "/api/v1/gateway/", "/sandbox/", "/sandbox/x", "//"] {
        assert_eq!(get(&sandbox, path).status, 404, "{path}");
        assert_eq!(post(&sandbox, path, "").status, 404, "{path}");
    }
    let page = format!("/purchase-product/{token}");
    for (method, path, allow) in [
        ("GET", "/api/v1/gateway/purchase-token", "POST"),
        ("PUT", "/api/v1/gateway/check-payment", "POST"),
        ("DELETE", page.as_str(), "GET, HEAD, POST"),
        ("POST", "/sandbox", "GET, HEAD"),
        ("POST", "/", "GET, HEAD"),
        ("GET", "/sandbox/service", "POST"),
        ("GET", "/sandbox/callback/x", "POST"),
    ] {
        let answer = send(&sandbox, format!("{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_eq!(answer.status, 405, "{method} {path}");
        assert_eq!(answer.header("Allow"), Some(allow), "{method} {path}");
    }
}

#[test]
fn head_is_get_without_the_body() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let body = get(&sandbox, "/sandbox").body;
    let mut stream = connect(sandbox.address());
    let head = "HEAD /sandbox HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("sent");
    let answer = read_answer(&stream, false).expect("an answer");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("Content-Length"), Some(body.len().to_string().as_str()));
    assert_eq!(stream.read(&mut [0]).expect("the end"), 0);
}

#[test]
fn a_connection_serves_many_requests_even_sent_at_once() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let mut stream = connect(sandbox.address());
    let form = order(&[]);
    let length = form.len();
    let one = format!("POST {PURCHASE} HTTP/1.1\r\nHost: x\r\n{FORM}\r\nContent-Length: {length}\r\n\r\n{form}");
    stream.write_all(one.repeat(3).as_bytes()).expect("sent");
    for _ in 0..3 {
        read_answer(&stream, true).expect("an answer").data();
    }
    stream.write_all(one.as_bytes()).expect("sent");
    read_answer(&stream, true).expect("an answer").data();
    assert_eq!(sandbox.payments().len(), 4);
}

#[test]
fn the_connection_is_closed_for_those_who_expect_it() {
    let sandbox = Sandbox::start().expect("a sandbox");
    for request in [
        "GET /sandbox HTTP/1.0\r\n\r\n",
        "GET /sandbox HTTP/1.1\r\nHost: x\r\nConnection: TE, Close\r\n\r\n",
        "GET http://sandbox.example/sandbox HTTP/1.1\r\nConnection: close\r\n\r\n",
    ] {
        let mut stream = connect(sandbox.address());
        stream.write_all(request.as_bytes()).expect("sent");
        let answer = read_answer(&stream, true).expect("an answer");
        assert_eq!(answer.status, 200, "{request}");
        assert_eq!(answer.header("Connection"), Some("close"));
        assert_eq!(stream.read(&mut [0]).expect("the end"), 0);
    }
}

#[test]
fn bodies_in_chunks_are_read() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let form = order(&[]);
    let (one, two) = form.split_at(20);
    let chunks = format!("14;x=\"y\"\r\n{one}\r\n{:X}\r\n{two}\r\n0\r\nTrailer: x\r\n\r\n", two.len());
    let head = format!("POST {PURCHASE} HTTP/1.1\r\nHost: x\r\n{FORM}\r\nTransfer-Encoding: Chunked\r\n\r\n");
    let mut stream = connect(sandbox.address());
    for _ in 0..2 {
        for byte in format!("{head}{chunks}").bytes() {
            stream.write_all(&[byte]).expect("sent");
        }
        read_answer(&stream, true).expect("an answer").data();
    }
    let endless = format!("{head}{}", "0".repeat(5000));
    for (request, status) in [
        (format!("{head}x\r\n"), 400),
        (format!("{head}\r\n\r\n"), 400),
        (format!("{head}3\r\nabcd\r\n"), 400),
        (endless, 400),
        (format!("{head}10001\r\n"), 413),
        (format!("{head}8000\r\n{}\r\n8001\r\n", "a".repeat(0x8000)), 413),
        (format!("{head}ffffffffffffffff\r\n"), 413),
        (head.replace("Chunked", "gzip, chunked"), 501),
        (head.replace("\r\n\r\n", "\r\nContent-Length: 5\r\n\r\n"), 400),
    ] {
        assert_eq!(send(&sandbox, &request).status, status, "{request}");
    }
}

#[test]
fn expect_continue_is_answered() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let form = order(&[]);
    let mut stream = connect(sandbox.address());
    let length = form.len();
    let head = format!("POST {PURCHASE} HTTP/1.1\r\nHost: x\r\n{FORM}\r\nContent-Length: {length}\r\n");
    stream.write_all(format!("{head}Expect: 100-continue\r\n\r\n").as_bytes()).expect("sent");
    assert_eq!(read_answer(&stream, false).expect("a sign").status, 100);
    stream.write_all(form.as_bytes()).expect("sent");
    read_answer(&stream, true).expect("an answer").data();
}

#[test]
fn too_much_is_refused_and_not_read() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let head = format!("POST {PURCHASE} HTTP/1.1\r\nHost: x\r\n{FORM}\r\n");
    for length in ["65537", "1000000000", "99999999999999999999999"] {
        let started = Instant::now();
        let mut stream = connect(sandbox.address());
        let request = format!("{head}Content-Length: {length}\r\n\r\n{}", "a".repeat(50_000));
        stream.write_all(request.as_bytes()).expect("sent");
        let answer = read_answer(&stream, true).expect("an answer");
        assert_eq!(answer.status, 413);
        assert_eq!(answer.header("Connection"), Some("close"));
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.is_empty());
        assert!(started.elapsed() < Duration::from_secs(4));
    }
    let full = format!("{}&x={}", order(&[]), "a".repeat(60_000));
    post(&sandbox, PURCHASE, &full).data();
    for length in ["", "-1", "+1", "1x"] {
        let answer = send(&sandbox, format!("{head}Content-Length: {length}\r\n\r\n"));
        assert_eq!(answer.status, 400, "{length}");
    }
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(20_000));
    let wide = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(16_384));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(65));
    for request in [long, wide, many] {
        assert_eq!(send(&sandbox, request).status, 431);
    }
    let fits = format!("GET /sandbox HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(16_000));
    assert_eq!(send(&sandbox, fits).status, 200);
}

/// A client that sends first and reads afterwards, as most do.
#[test]
fn a_refusal_waits_for_the_client_to_read_it() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let mut stream = connect(sandbox.address());
    let head = format!("POST {PURCHASE} HTTP/1.1\r\nHost: x\r\n{FORM}\r\nContent-Length: 200000\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("sent");
    for _ in 0..4 {
        thread::sleep(Duration::from_millis(30));
        stream.write_all(&vec![b'a'; 50_000]).expect("still read");
    }
    assert_eq!(read_answer(&stream, true).expect("an answer").status, 413);
}

#[test]
fn garbage_does_not_stop_the_server() {
    let sandbox = Sandbox::start().expect("a sandbox");
    for garbage in [
        &b"\xff\xfe\x00\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nBad Name: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ] {
        assert_eq!(send(&sandbox, garbage).status, 400, "{garbage:?}");
    }
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..200 {
        let bytes: Vec<u8> = (0..random.usize(1..300)).map(|_| random.u8(..)).collect();
        let mut stream = connect(sandbox.address());
        let _ = stream.write_all(b"POST /api/v1/gateway/purchase-token");
        let _ = stream.write_all(&bytes);
    }
    assert_eq!(get(&sandbox, "/sandbox").status, 200);
}

#[test]
fn slow_clients_keep_nobody_waiting_and_are_let_go() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let address = sandbox.address();
    let drip = thread::spawn(move || {
        let mut stream = connect(address);
        stream.write_all(b"GET / HTTP/1.1\r\nX: ").expect("sent");
        let reader = stream.try_clone().expect("a reader");
        thread::spawn(move || {
            while stream.write_all(b"a").is_ok() {
                thread::sleep(Duration::from_millis(100));
            }
        });
        let started = Instant::now();
        let answer = read_answer(&reader, true).expect("an answer");
        (answer.status, started.elapsed())
    });
    let started = Instant::now();
    assert_eq!(get(&sandbox, "/sandbox").status, 200);
    assert!(started.elapsed() < Duration::from_secs(2));
    let (status, elapsed) = drip.join().expect("the slow client");
    assert_eq!(status, 408);
    assert!(elapsed > Duration::from_secs(3) && elapsed < Duration::from_secs(12));
}

// Elsewhere, a process may have too few descriptors for it.
#[cfg(target_os = "linux")]
#[test]
fn connections_are_bounded() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let mut open: Vec<_> = (0..256).map(|_| connect(sandbox.address())).collect();
    let one_more = connect(sandbox.address());
    let answer = read_answer(&one_more, true).expect("an answer");
    assert_eq!(answer.status, 503);
    open[255].write_all(b"GET /sandbox HTTP/1.1\r\n\r\n").expect("sent");
    assert_eq!(read_answer(&open[255], true).expect("an answer").status, 200);
    drop(open);
    let started = Instant::now();
    let served = || {
        let mut stream = connect(sandbox.address());
        // Refused, it may be closed before it is answered.
        let _ = stream.write_all(b"GET /sandbox HTTP/1.1\r\n\r\n");
        read_answer(&stream, true).is_some_and(|answer| answer.status == 200)
    };
    while !served() {
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}
