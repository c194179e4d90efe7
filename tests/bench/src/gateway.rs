use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ekolopay_tls_tests::Authority;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The documented reply to a check of a payment that was made.
pub const PAID: &str = include_str!("../../fixtures/check-payment-paid.json");

/// The documented refusal, which is what the availability check gets: an empty token is nobody's.
pub const REFUSED: &str = include_str!("../../fixtures/check-payment-refused.json");

/// The documented reply to a token that was created.
pub const TOKEN: &str = include_str!("../../fixtures/purchase-token.json");

/// A gateway on loopback that answers at once and looks at nothing but what it is asked for.
#[derive(Debug)]
pub struct Gateway {
    /// Its address, as a client is given it.
    pub origin: String,
    /// The certificate to trust, in PEM, where it speaks TLS.
    pub root: Option<String>,
    connections: Arc<AtomicUsize>,
}

impl Gateway {
    /// A gateway that speaks plain HTTP.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    pub fn plain() -> Gateway {
        Gateway::start("http", None, None)
    }

    /// A gateway that speaks TLS 1.3.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    pub fn tls() -> Gateway {
        let authority = Authority::new();
        Gateway::start("https", Some(authority.pem()), Some(authority.config("127.0.0.1")))
    }

    fn start(scheme: &str, root: Option<String>, config: Option<Arc<ServerConfig>>) -> Gateway {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let origin = format!("{scheme}://127.0.0.1:{}", listener.local_addr().expect("an address").port());
        let connections = Arc::new(AtomicUsize::new(0));
        let opened = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                opened.fetch_add(1, Ordering::SeqCst);
                let config = config.clone();
                thread::spawn(move || converse(stream, config));
            }
        });
        Gateway { origin, root, connections }
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Ends when the client does.
fn converse(stream: TcpStream, config: Option<Arc<ServerConfig>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match config {
        Some(config) => {
            let connection = ServerConnection::new(config).map_err(io::Error::other)?;
            answer(StreamOwned::new(connection, stream))
        }
        None => answer(stream),
    }
}

fn answer(mut stream: impl Read + Write) -> io::Result<()> {
    let replies = [TOKEN, PAID, REFUSED].map(|json| {
        let length = json.len();
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}")
    });
    let mut received = Vec::new();
    loop {
        if let Some((kind, end)) = request(&received).filter(|(_, end)| received.len() >= *end) {
            received.drain(..end);
            stream.write_all(replies[kind].as_bytes())?;
            stream.flush()?;
        } else {
            let mut buffer = [0; 4096];
            let length = stream.read(&mut buffer)?;
            if length == 0 {
                return Ok(());
            }
            received.extend_from_slice(&buffer[..length]);
        }
    }
}

/// Which reply the request at the beginning of these bytes asks for, once its head is whole, and where it ends.
fn request(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut head = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(start)) = head.parse(bytes) else { return None };
    let length = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"))?;
    let length: usize = std::str::from_utf8(length.value).ok()?.parse().ok()?;
    let kind = match head.path? {
        path if path.contains("/purchase-token?") => 0,
        _ if length == "purchaseToken=".len() => 2,
        _ => 1,
    };
    Some((kind, start + length))
}
