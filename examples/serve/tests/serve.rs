//! What clients may send, and how the server stops.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_serve::{Cut, Request, Response, Server};

/// Answers with the method and the length of the body. The path can name a time in milliseconds to wait.
fn start() -> Server {
    let handler = |request: Request| {
        let path = request.uri().path().trim_start_matches('/').to_owned();
        let mut response = Response::new(format!("{} {}", request.method(), request.body().len()).into_bytes());
        match &*path {
            "panic" => panic!("on purpose"),
            "cut" => drop(response.extensions_mut().insert(Cut { after: 0 })),
            "half" => drop(response.extensions_mut().insert(Cut { after: 30 })),
            time => thread::sleep(Duration::from_millis(time.parse().unwrap_or(0))),
        }
        response
    };
    Server::start(TcpListener::bind("127.0.0.1:0").unwrap(), handler).unwrap()
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// One answer, read by its length.
fn read(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut text = String::new();
    let mut byte = [0];
    while !text.ends_with("\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        text.push(char::from(byte[0]));
    }
    let length = text.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body)?;
    Ok(text + std::str::from_utf8(&body).unwrap())
}

/// Everything that the server sends until it closes the connection.
fn send(address: SocketAddr, request: impl AsRef<[u8]>) -> String {
    let mut stream = connect(address);
    stream.write_all(request.as_ref()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
}

fn post(body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn a_connection_serves_many_requests() {
    let server = start();
    let mut stream = connect(server.local_addr());
    stream.write_all(post("abc").repeat(3).as_bytes()).unwrap();
    let chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
    chunked.bytes().for_each(|byte| stream.write_all(&[byte]).unwrap());
    for _ in 0..4 {
        let answer = read(&mut stream).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nPOST 3"), "{answer}");
    }
    stream.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n").unwrap();
    assert!(read(&mut stream).unwrap().starts_with("HTTP/1.1 100 "));
    stream.write_all(b"ab").unwrap();
    assert!(read(&mut stream).unwrap().ends_with("POST 2"));
    let head = send(server.local_addr(), get("/").replace("GET", "HEAD"));
    assert!(head.contains("content-length: 6\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(send(server.local_addr(), "GET / HTTP/1.0\r\n\r\n").ends_with("GET 0"));
    let mut stream = connect(server.local_addr());
    stream.write_all(post("").as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert!(read(&mut stream).unwrap().ends_with("POST 0"), "a client that closes its side is answered");
}

#[test]
fn requests_that_are_too_large_or_not_http_are_refused_and_their_connections_closed() {
    let server = start();
    let line = "POST / HTTP/1.1\r\nHost: x\r\n";
    let chunks = |chunks: &str| format!("{line}Transfer-Encoding: chunked\r\n\r\n{chunks}");
    for (request, status) in [
        (format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(20_000)), 431),
        (format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(16_384)), 431),
        (format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(65)), 431),
        (format!("{line}Content-Length: 65537\r\n\r\n"), 413),
        (format!("{line}Content-Length: 65537\r\nExpect: 100-continue\r\n\r\n"), 413),
        (format!("{line}Content-Length: 1000000000\r\n\r\n{}", "a".repeat(50_000)), 413),
        (post(&"a".repeat(5_000_000)), 413),
        (chunks(&format!("8001\r\n{}\r\n", "a".repeat(0x8001)).repeat(2)), 413),
        (chunks("3\r\nabcd\r\n"), 400),
        (format!("{line}Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc"), 400),
        (format!("{line}Content-Length: +2\r\n\r\nab"), 400),
        ("GET / HTTP/1.1\r\nBad Name: x\r\n\r\n".to_owned(), 400),
        ("\u{16}\u{3}\u{1}\u{2}nonsense\r\n\r\n".to_owned(), 400),
    ] {
        let answer = send(server.local_addr(), &request).to_lowercase();
        let start = &request[..request.len().min(80)];
        assert!(answer.starts_with(&format!("http/1.1 {status} ")), "{start}: {answer}");
        assert!(answer.contains("connection: close\r\n"), "{start}: {answer}");
    }
    let most = format!("GET / HTTP/1.1\r\nConnection: close\r\nX: {}\r\n\r\n", "a".repeat(16_000));
    assert!(send(server.local_addr(), most).ends_with("GET 0"));
    let most = post(&"a".repeat(65_536)).replace("Host: x", "Connection: close");
    assert!(send(server.local_addr(), most).ends_with("POST 65536"));
    assert!(send(server.local_addr(), "CONNECT x HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200 "));
}

#[test]
fn slow_requests_are_refused_and_delay_no_others() {
    let server = start();
    let address = server.local_addr();
    let slow = |start: &'static str, seconds: u64| {
        thread::spawn(move || {
            let (mut stream, started) = (connect(address), Instant::now());
            stream.write_all(start.as_bytes()).unwrap();
            let mut writer = stream.try_clone().unwrap();
            thread::spawn(move || {
                while writer.write_all(b"a").is_ok() {
                    thread::sleep(Duration::from_millis(100))
                }
            });
            let answer = read(&mut stream).unwrap();
            let took = started.elapsed().as_millis();
            assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("Connection: close"), "{answer}");
            assert!((1000 * seconds - 500..1000 * seconds + 5000).contains(&took.try_into().unwrap()), "{took} ms");
        })
    };
    let late = [slow("GET / HTTP/1.1\r\nX: ", 5), slow("POST / HTTP/1.1\r\nContent-Length: 9999\r\n\r\n", 10)];
    let started = Instant::now();
    assert!(send(address, get("/")).ends_with("GET 0"));
    assert!(started.elapsed() < Duration::from_secs(2));
    for late in late {
        late.join().unwrap();
    }
}

#[test]
fn a_connection_that_sends_nothing_is_closed() {
    let server = start();
    let (mut stream, started) = (connect(server.local_addr()), Instant::now());
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "not within 20 s");
    let took = started.elapsed();
    assert!((Duration::from_secs(9)..Duration::from_secs(15)).contains(&took), "{took:?}");
}

#[test]
fn a_panic_is_a_500_and_a_handler_can_cut_the_connection() {
    let server = start();
    let mut stream = connect(server.local_addr());
    for _ in 0..2 {
        stream.write_all(b"GET /panic HTTP/1.1\r\n\r\n").unwrap();
        assert!(read(&mut stream).unwrap().starts_with("HTTP/1.1 500 "));
    }
    assert_eq!(send(server.local_addr(), get("/cut")), "");
    assert_eq!(send(server.local_addr(), get("/half")).len(), 30);
    stream.write_all(post("a").as_bytes()).unwrap();
    assert!(read(&mut stream).unwrap().ends_with("POST 1"));
}

#[test]
fn a_stop_finishes_the_requests_under_way_and_is_quick_without_any() {
    let server = start();
    let address = server.local_addr();
    let (mut idle, mut half, mut slow) = (connect(address), connect(address), connect(address));
    half.write_all(b"GET / HT").unwrap();
    slow.write_all(b"GET /900 HTTP/1.1\r\n\r\n").unwrap();
    thread::sleep(Duration::from_millis(400));
    drop(server);
    let answer = read(&mut slow).unwrap();
    assert!(answer.contains("connection: close\r\n") && answer.ends_with("GET 0"), "{answer}");
    assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    for stream in [&mut idle, &mut half, &mut slow] {
        assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)), "open");
    }
    let server = start();
    let _idle = connect(server.local_addr());
    thread::sleep(Duration::from_millis(400));
    let started = Instant::now();
    drop(server);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

/// A client that keeps its connection and posts again and again.
fn posts(address: SocketAddr, count: usize, answered: &AtomicUsize) {
    let mut stream = connect(address);
    for _ in 0..count {
        stream.write_all(post("abc").as_bytes()).unwrap();
        let answer = read(&mut stream).expect("no answer on an open connection");
        assert!(answer.ends_with("POST 3"), "{answer}");
        answered.fetch_add(1, Ordering::SeqCst);
        if answer.contains("connection: close\r\n") {
            let Ok(next) = TcpStream::connect(address) else { return };
            stream = next;
        }
    }
}

#[test]
fn no_answer_is_lost_in_3000_posts_or_while_the_server_stops() {
    let server = start();
    let (address, answered) = (server.local_addr(), AtomicUsize::new(0));
    thread::scope(|scope| (0..10).for_each(|_| drop(scope.spawn(|| posts(address, 300, &answered)))));
    assert_eq!(answered.load(Ordering::SeqCst), 3000);
    drop(server);
    for round in 1..=20 {
        let server = start();
        let (address, answered) = (server.local_addr(), AtomicUsize::new(0));
        thread::scope(|scope| {
            (0..10).for_each(|_| drop(scope.spawn(|| posts(address, usize::MAX, &answered))));
            while answered.load(Ordering::SeqCst) < 10 * round {
                thread::yield_now();
            }
            drop(server);
        });
    }
}
