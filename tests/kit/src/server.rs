use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::Sub;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::replies::{PAID, TOKEN};

/// An HTTP server on a free port of 127.0.0.1 that lives until the process ends. It reads a head and `Content-Length`
/// bytes, and writes exactly the bytes it is told to.
#[derive(Debug)]
pub struct Server {
    /// The origin to give to a client.
    pub origin: String,
    /// Its port.
    pub port: u16,
    record: Arc<Mutex<Record>>,
}

/// A request as received.
#[derive(Clone, Debug)]
pub struct RawRequest {
    /// The number of its connection, from 0.
    pub connection: usize,
    /// The request line and the headers, with the empty line after them.
    pub head: String,
    /// As many bytes as `Content-Length` says.
    pub body: String,
}

/// What reached a server. Subtracting an earlier count gives what reached it since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections that were accepted.
    pub connections: usize,
    /// TLS handshakes with a certificate, in one round trip.
    pub full: usize,
    /// TLS handshakes that resumed an earlier session.
    pub resumed: usize,
    /// Complete requests.
    pub requests: usize,
}

#[derive(Debug, Default)]
struct Record {
    counts: Counts,
    requests: Vec<RawRequest>,
}

type Handler = dyn Fn(&RawRequest) -> Vec<u8> + Send + Sync;

/// Makes a connection speak TLS, or leaves it as it is.
type Dress = dyn Fn(TcpStream, &Mutex<Record>) -> io::Result<Box<dyn Stream>> + Send + Sync;

trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

impl Server {
    /// Answers each request with the bytes that `answer` gives. The connection is closed after them if they name no
    /// `Content-Length`, or say `Connection: close`.
    pub fn start(answer: impl Fn(&RawRequest) -> Vec<u8> + Send + Sync + 'static) -> Server {
        Server::run("http://127.0.0.1", |stream, _| Ok(Box::new(stream)), answer)
    }

    /// The same over TLS; its origin names `localhost`.
    #[cfg(feature = "tls")]
    pub fn start_tls(
        config: Arc<rustls::ServerConfig>,
        answer: impl Fn(&RawRequest) -> Vec<u8> + Send + Sync + 'static,
    ) -> Server {
        let dress = move |mut stream: TcpStream, record: &Mutex<Record>| {
            let mut session = rustls::ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
            while session.is_handshaking() {
                session.complete_io(&mut stream)?;
            }
            match session.handshake_kind() {
                Some(rustls::HandshakeKind::Full) => lock(record).counts.full += 1,
                Some(rustls::HandshakeKind::Resumed) => lock(record).counts.resumed += 1,
                _ => {}
            }
            Ok::<Box<dyn Stream>, _>(Box::new(rustls::StreamOwned::new(session, stream)))
        };
        Server::run("https://localhost", dress, answer)
    }

    /// The availability check passes, and `answer` answers everything else.
    pub fn in_service(answer: impl Fn(&RawRequest) -> Vec<u8> + Send + Sync + 'static) -> Server {
        Server::start(move |request| if request.is_check() { response(200, "{}") } else { answer(request) })
    }

    fn run(
        origin: &str,
        dress: impl Fn(TcpStream, &Mutex<Record>) -> io::Result<Box<dyn Stream>> + Send + Sync + 'static,
        answer: impl Fn(&RawRequest) -> Vec<u8> + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let server = Server { origin: format!("{origin}:{port}"), port, record: Arc::default() };
        let record = Arc::clone(&server.record);
        let (dress, answer): (Arc<Dress>, Arc<Handler>) = (Arc::new(dress), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = lock(&record).counts.connections;
                lock(&record).counts.connections += 1;
                let (record, dress, answer) = (Arc::clone(&record), Arc::clone(&dress), Arc::clone(&answer));
                // A failed connection is for the client to report.
                thread::spawn(move || {
                    // Otherwise some responses over TLS wait for an acknowledgement.
                    stream.set_nodelay(true)?;
                    serve(dress(stream, &record)?, connection, &record, &*answer)
                });
            }
        });
        server
    }

    /// All requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<RawRequest> {
        lock(&self.record).requests.clone()
    }

    /// The requests that are not the availability check.
    pub fn calls(&self) -> Vec<RawRequest> {
        self.requests().into_iter().filter(|request| !request.is_check()).collect()
    }

    /// What reached it so far.
    pub fn counts(&self) -> Counts {
        lock(&self.record).counts
    }

    /// All requests, once there are this many; fails after 10 s.
    #[track_caller]
    pub fn wait_for(&self, requests: usize) -> Vec<RawRequest> {
        let start = Instant::now();
        while self.counts().requests < requests {
            assert!(start.elapsed() < Duration::from_secs(10), "{requests} requests: {:?}", self.requests());
            thread::sleep(Duration::from_millis(2));
        }
        self.requests()
    }
}

impl RawRequest {
    /// Whether it is the availability check.
    pub fn is_check(&self) -> bool {
        self.body == "purchaseToken="
    }

    /// The token that a call names, or nothing.
    pub fn token(&self) -> &str {
        let form = self.body.strip_prefix("purchaseToken=").unwrap_or_default();
        form.split('&').next().unwrap_or_default()
    }

    /// The documented answer of a gateway that has been paid for every token.
    pub fn documented(&self) -> Vec<u8> {
        response(200, if self.head.contains("/purchase-token?") { TOKEN } else { PAID })
    }
}

impl Sub for Counts {
    type Output = Counts;

    fn sub(self, before: Counts) -> Counts {
        Counts {
            connections: self.connections - before.connections,
            full: self.full - before.full,
            resumed: self.resumed - before.resumed,
            requests: self.requests - before.requests,
        }
    }
}

/// A response with a length.
pub fn response(status: u16, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn serve(stream: Box<dyn Stream>, connection: usize, record: &Mutex<Record>, answer: &Handler) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let mut body = vec![0; header(&head, "content-length").map_or(0, |length| length.parse().unwrap_or(0))];
        reader.read_exact(&mut body)?;
        let request = RawRequest { connection, head, body: String::from_utf8_lossy(&body).into_owned() };
        {
            let mut record = lock(record);
            record.counts.requests += 1;
            record.requests.push(request.clone());
        }
        let bytes = answer(&request);
        reader.get_mut().write_all(&bytes)?;
        reader.get_mut().flush()?;
        let head = String::from_utf8_lossy(&bytes);
        let closes = header(&head, "connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        if closes || header(&head, "content-length").is_none() {
            return Ok(());
        }
    }
}

/// The value of a header, up to the empty line.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().skip(1).take_while(|line| !line.is_empty());
    let mut fields = lines.filter_map(|line| line.split_once(':'));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

fn lock(record: &Mutex<Record>) -> MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}
