use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use ekolopay::canned::{PAID, REFUSED, TOKEN};
use ekolopay_tls_tests::Authority;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// It has a name, as gateways do, so that there is something to look up.
const NAME: &str = "localhost";

/// A gateway on loopback that answers at once and looks at nothing but what it is asked for.
#[derive(Debug)]
pub struct Gateway {
    /// Its address, as a client is given it.
    pub origin: String,
    /// The certificate to trust, in PEM, where it speaks TLS.
    pub root: Option<String>,
}

impl Gateway {
    /// A gateway that speaks plain HTTP.
    pub fn plain() -> Gateway {
        Gateway::start("http", None, None)
    }

    /// A gateway that speaks TLS 1.3.
    pub fn tls() -> Gateway {
        let authority = Authority::new();
        Gateway::start("https", Some(authority.pem()), Some(authority.config(NAME)))
    }

    fn start(scheme: &str, root: Option<String>, config: Option<Arc<ServerConfig>>) -> Gateway {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let origin = format!("{scheme}://{NAME}:{}", listener.local_addr().expect("an address").port());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let config = config.clone();
                thread::spawn(move || converse(stream, config));
            }
        });
        Gateway { origin, root }
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
