use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Sub;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustls::{HandshakeKind, ServerConfig, ServerConnection, StreamOwned};

const PAID: &str =
    r#"{"response":{"API_RESPONSE_CODE":200,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":true}}}}"#;
const TOKEN: &str =
    r#"{"response":{"API_RESPONSE_CODE":200,"API_RESPONSE_DATA":{"API_DATA":{"purchaseToken":"940d4e9a"}}}}"#;

/// A gateway on loopback that says yes to every call and counts what reaches it. It lives until the process ends.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    served: Arc<Mutex<Served>>,
}

/// What a [`Server`] does with a connection once it has replied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// Waits for the next request, for as long as the client likes.
    KeepOpen,
    /// Says `Connection: close`, and does.
    Close,
}

/// What reached a [`Server`]. The difference of two is what reached it between them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Served {
    /// TLS handshakes with a certificate.
    pub full: usize,
    /// TLS handshakes that went on with an earlier session.
    pub resumed: usize,
    /// Requests that came whole.
    pub requests: usize,
}

impl Sub for Served {
    type Output = Served;

    fn sub(self, before: Served) -> Served {
        Served {
            full: self.full - before.full,
            resumed: self.resumed - before.resumed,
            requests: self.requests - before.requests,
        }
    }
}

impl Server {
    /// A server on a free port; without a configuration for TLS it speaks plain HTTP.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub fn start(tls: Option<Arc<ServerConfig>>, afterwards: Afterwards) -> io::Result<Server> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (address, served) = (listener.local_addr()?, Arc::<Mutex<Served>>::default());
        let record = Arc::clone(&served);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, record) = (tls.clone(), Arc::clone(&record));
                thread::spawn(move || {
                    // Of failures the client tells.
                    let _ = serve(stream, tls, afterwards, &|count| {
                        count(&mut record.lock().unwrap_or_else(PoisonError::into_inner));
                    });
                });
            }
        });
        Ok(Server { address, served })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What reached it so far.
    pub fn served(&self) -> Served {
        *self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn serve(
    mut stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    afterwards: Afterwards,
    count: &dyn Fn(fn(&mut Served)),
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let Some(config) = tls else { return answer(stream, afterwards, count) };
    let mut connection = ServerConnection::new(config).map_err(io::Error::other)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    count(match connection.handshake_kind() {
        Some(HandshakeKind::Resumed) => |served| served.resumed += 1,
        _ => |served| served.full += 1,
    });
    answer(StreamOwned::new(connection, stream), afterwards, count)
}

fn answer(stream: impl Read + Write, afterwards: Afterwards, count: &dyn Fn(fn(&mut Served))) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.ok_or(io::ErrorKind::InvalidData)?];
        reader.read_exact(&mut body)?;
        count(|served| served.requests += 1);

        let json = if head.contains("/purchase-token?") { TOKEN } else { PAID };
        let close = if afterwards == Afterwards::Close { "Connection: close\r\n" } else { "" };
        let reply = format!("HTTP/1.1 200 OK\r\n{close}Content-Length: {}\r\n\r\n{json}", json.len());
        reader.get_mut().write_all(reply.as_bytes())?;
        if afterwards == Afterwards::Close {
            return Ok(());
        }
    }
}
