//! A server with few file descriptors. The limit holds for the whole process, so no other test runs in this one.
#![cfg(unix)]

use std::fs::File;
use std::io::{Read, Write};
use std::iter;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_serve::{Response, Server};
use rlimit::Resource;

static WARNINGS: AtomicUsize = AtomicUsize::new(0);

struct Counter;

impl log::Log for Counter {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        if record.level() <= log::Level::Warn {
            WARNINGS.fetch_add(1, Ordering::SeqCst);
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
    let mut head = [0; 1024];
    // A server without a place for the connection may have answered already.
    let _ = stream.write_all(b"GET / HTTP/1.1\r\n\r\n");
    let _ = stream.read(&mut head).unwrap();
    String::from_utf8_lossy(&head[9..12]).into_owned()
}

#[test]
fn clients_beyond_the_limit_get_a_503_and_a_lack_of_descriptors_one_warning() {
    log::set_logger(&Counter).unwrap();
    log::set_max_level(log::LevelFilter::Warn);
    let (soft, hard) = Resource::NOFILE.get().unwrap();
    Resource::NOFILE.set(64, hard).unwrap();
    let server = Server::start(TcpListener::bind("127.0.0.1:0").unwrap(), |_| Response::default()).unwrap();
    let address = server.local_addr();
    assert_eq!(status(&connect(address)), "200");
    Resource::NOFILE.set(soft, hard).unwrap();

    thread::sleep(Duration::from_millis(600)); // the first connection ends
    let kept: Vec<TcpStream> = (0..32).map(|_| connect(address)).collect();
    assert!(kept.iter().all(|stream| status(stream) == "200"));
    thread::scope(|scope| (0..100).for_each(|_| drop(scope.spawn(|| assert_eq!(status(&connect(address)), "503")))));
    assert!(kept.iter().all(|stream| status(stream) == "200"));
    drop(kept);
    let started = Instant::now();
    while status(&connect(address)) != "200" {
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    thread::sleep(Duration::from_millis(600)); // the connections end
    Resource::NOFILE.set(64, hard).unwrap();
    let mut files: Vec<File> = iter::from_fn(|| File::open("/dev/null").ok()).collect();
    files.pop();
    let late = connect(address); // takes the last descriptor
    thread::sleep(Duration::from_secs(1));
    assert_eq!(WARNINGS.load(Ordering::SeqCst), 1, "one warning, however often accept fails");
    drop(files);
    assert_eq!(status(&late), "200");
}
