//! A server with few file descriptors. The limit holds for the whole process, so no other test runs in this one.
#![cfg(unix)]

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::iter;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_serve::{Request, Response, Server};
use rlimit::Resource;

static RECORDS: AtomicUsize = AtomicUsize::new(0);

/// Counts what a program logs by default.
struct Counter;

impl log::Log for Counter {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        if record.level() <= log::Level::Info {
            RECORDS.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn flush(&self) {}
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn status(mut stream: &TcpStream) -> String {
    // A server without a place for the connection may have answered already.
    let _ = stream.write_all(b"GET / HTTP/1.1\r\n\r\n");
    read(stream)
}

fn read(stream: &TcpStream) -> String {
    answer(stream)[9..12].to_owned()
}

fn answer(mut stream: &TcpStream) -> String {
    let mut head = [0; 1024];
    let length = stream.read(&mut head).unwrap();
    String::from_utf8_lossy(&head[..length]).into_owned()
}

#[test]
fn clients_beyond_the_limit_take_idle_connections_or_get_a_503_and_do_not_flood_the_log() {
    log::set_logger(&Counter).unwrap();
    log::set_max_level(log::LevelFilter::Info);
    let (soft, hard) = Resource::NOFILE.get().unwrap();
    Resource::NOFILE.set(64, hard).unwrap();
    let handler = |request: Request| {
        thread::sleep(Duration::from_millis(request.uri().path()[1..].parse().unwrap_or(0)));
        Response::default()
    };
    let server = Server::start(TcpListener::bind("127.0.0.1:0").unwrap(), handler).unwrap();
    let address = server.local_addr();
    assert_eq!(status(&connect(address)), "200");
    Resource::NOFILE.set(soft, hard).unwrap();

    thread::sleep(Duration::from_millis(600)); // the first connection ends
    let mut kept: Vec<TcpStream> = (0..32).map(|_| connect(address)).collect();
    for stream in &mut kept {
        stream.write_all(b"GET /4000 HTTP/1.1\r\n\r\n").unwrap();
    }
    thread::sleep(Duration::from_millis(600));
    thread::scope(|scope| (0..100).for_each(|_| drop(scope.spawn(|| assert_eq!(status(&connect(address)), "503")))));
    assert!(kept.iter().all(|stream| read(stream) == "200"), "the requests under way are answered");

    // Now each of the connections waits for a further request. The first one has been idle for the longest time.
    assert!(kept.iter().skip(1).all(|stream| status(stream) == "200"));
    thread::sleep(Duration::from_millis(1500)); // the refused connections end
    let newcomer = connect(address);
    assert_eq!(status(&newcomer), "200", "an idle connection makes room");
    assert_eq!((&kept[0]).read(&mut [0]).unwrap(), 0, "the idle connection is closed");
    assert!(kept.iter().skip(1).all(|stream| status(stream) == "200"));

    // A request that came before the newcomer is answered, also on the connection that makes room.
    let mut idle: VecDeque<TcpStream> = kept.into_iter().skip(1).chain([newcomer]).collect();
    for _ in 0..100 {
        thread::sleep(Duration::from_millis(12)); // so that the oldest is idle for longer than a stop waits
        let oldest = idle.pop_front().unwrap();
        (&oldest).write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let newcomer = connect(address);
        let answer = answer(&oldest);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:?}");
        if !answer.contains("connection: close") {
            idle.pop_front(); // it has made room
            idle.push_back(oldest);
        }
        assert_eq!(status(&newcomer), "200");
        idle.push_back(newcomer);
    }
    drop(idle);

    // A refusal needs no thread.
    Resource::NOFILE.set(520, hard).unwrap();
    let server = Server::start(TcpListener::bind("127.0.0.1:0").unwrap(), handler).unwrap();
    assert_eq!(status(&connect(server.local_addr())), "200");
    Resource::NOFILE.set(soft, hard).unwrap();
    thread::sleep(Duration::from_millis(600)); // the first connection ends
    let kept: Vec<TcpStream> = (0..260).map(|_| connect(server.local_addr())).collect();
    for mut stream in &kept {
        stream.write_all(b"GET /3000 HTTP/1.1\r\n\r\n").unwrap();
    }
    thread::sleep(Duration::from_millis(600));
    let started = Instant::now();
    assert_eq!(status(&connect(server.local_addr())), "503");
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    assert!(kept.iter().all(|stream| read(stream) == "200"));
    drop((kept, server));

    thread::sleep(Duration::from_millis(600)); // the connections end
    assert_eq!(RECORDS.load(Ordering::SeqCst), 0, "refused requests are not logged");
    Resource::NOFILE.set(64, hard).unwrap();
    for _ in 0..2 {
        let mut files: Vec<File> = iter::from_fn(|| File::open("/dev/null").ok()).collect();
        files.pop();
        let late = connect(address); // takes the last descriptor
        thread::sleep(Duration::from_secs(1));
        assert_eq!(RECORDS.load(Ordering::SeqCst), 1, "one warning, however often accept fails");
        drop(files);
        assert_eq!(status(&late), "200");
    }
}
