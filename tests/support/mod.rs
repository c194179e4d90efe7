//! What several test files share: a merchant, and a server on a raw loopback socket.
#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test file uses a part of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use ekolopay::canned::Canned;
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::{Credentials, Gateway};

/// The documentation's own demo values.
pub const API_CLIENT: &str = "demo";
pub const SECRET_KEY: &str = "054e9a59-ab57-4e9a-940d-97e6b940d875";

pub use ekolopay::canned::{NOT_PAID, PAID, REFUSED, TOKEN, UNAVAILABLE};

pub fn credentials() -> Credentials {
    Credentials::new(API_CLIENT, SECRET_KEY).expect("the demo values are valid")
}

pub fn token() -> PurchaseToken {
    "940d4e9aab5797e6055e1259b84a9875".parse().expect("the documented token is valid")
}

pub fn purchase() -> Purchase {
    Purchase::new(150_000, Product::new("Achat d'un Iphone S"), Customer::new("066304925")).expect("the order is valid")
}

pub fn canned(canned: Canned) -> Gateway {
    Gateway::builder(credentials()).transport(canned).build().expect("the settings are valid")
}

pub fn at(origin: &str) -> Gateway {
    Gateway::builder(credentials()).origin(origin).build().expect("the origin is valid")
}

/// One request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which connection it came on, counted from 0.
    pub connection: usize,
    pub head: String,
    pub body: String,
}

impl Seen {
    pub fn is_check(&self) -> bool {
        self.body == "purchaseToken="
    }
}

/// A server that shares nothing with the library: it reads a head, `Content-Length` bytes, and writes what it is told.
pub struct RawServer {
    pub origin: String,
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
}

impl RawServer {
    /// Answers every request with the bytes that `answer` gives, and closes the connection when they promise no length
    /// or say so.
    pub fn start(answer: impl Fn(&Seen) -> Vec<u8> + Send + Sync + 'static) -> RawServer {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (seen, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let server = RawServer {
            origin: format!("http://127.0.0.1:{port}"),
            port,
            seen: Arc::clone(&seen),
            connections: Arc::clone(&connections),
        };
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = connections.fetch_add(1, Ordering::SeqCst);
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || serve(&stream, connection, &seen, &*answer));
            }
        });
        server
    }

    /// The same, with the check answered as by a gateway in service.
    pub fn in_service(answer: impl Fn(&Seen) -> Vec<u8> + Send + Sync + 'static) -> RawServer {
        RawServer::start(move |seen| if seen.is_check() { response(200, "{}") } else { answer(seen) })
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no server thread panicked").clone()
    }

    /// The calls proper, without the checks before them.
    pub fn calls(&self) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| !seen.is_check()).collect()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn serve(stream: &TcpStream, connection: usize, seen: &Mutex<Vec<Seen>>, answer: &dyn Fn(&Seen) -> Vec<u8>) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader, connection) {
        seen.lock().expect("no server thread panicked").push(request.clone());
        let bytes = answer(&request);
        let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        let keep = head.contains("content-length:") && !head.contains("connection: close");
        let mut writer = stream;
        if writer.write_all(&bytes).is_err() || !keep {
            return;
        }
    }
}

fn read_request(reader: &mut BufReader<&TcpStream>, connection: usize) -> Option<Seen> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { connection, head, body: String::from_utf8(body).ok()? })
}

/// An HTTP response with a length.
pub fn response(status: u16, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// An error as it would be logged: its `Display`, its `Debug`, and those of all its sources.
pub fn all_texts(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(|error| format!("{error}\n{error:?}\n")).collect()
}
