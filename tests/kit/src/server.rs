use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::connection::{Answer, Connection, RawRequest, Script, response};

/// An HTTP server on loopback. It lives until the process ends, or `finish` is called.
#[derive(Debug)]
pub struct Server {
    /// The origin to give to a client.
    pub origin: String,
    /// Its port.
    pub port: u16,
    address: SocketAddr,
    record: Arc<Mutex<Record>>,
    accepting: Mutex<Option<JoinHandle<Vec<JoinHandle<()>>>>>,
}

/// What reached a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections that were accepted.
    pub connections: usize,
    /// Requests, of which the last one of a connection may be cut.
    pub requests: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) connections: usize,
    pub(crate) requests: Vec<RawRequest>,
    finishes: bool,
}

impl Server {
    /// Answers each request with the bytes that `answer` gives. The connection is closed after them if they name no
    /// `Content-Length`, or say `Connection: close`.
    pub fn start(answer: impl Answer) -> Server {
        Server::play(move |connection| connection.serve(&answer))
    }

    /// The same over TLS; its origin names `localhost`.
    #[cfg(feature = "tls")]
    pub fn start_tls(config: Arc<rustls::ServerConfig>, answer: impl Answer) -> Server {
        let server = Server::play(move |connection| connection.tls(&config).and_then(|()| connection.serve(&answer)));
        Server { origin: format!("https://localhost:{}", server.port), ..server }
    }

    /// The availability check passes, and `answer` answers everything else.
    pub fn in_service(answer: impl Answer) -> Server {
        Server::start(move |request| if request.is_check() { response(200, "{}") } else { answer(request) })
    }

    /// Each connection follows this script on a free port of 127.0.0.1, then closes its side and reads to the end. An
    /// error ends the script: what it means is for the client to report.
    pub fn play(script: impl Script) -> Server {
        Server::on(TcpListener::bind("127.0.0.1:0").expect("a free port"), script)
    }

    /// The same on this listener.
    pub fn on(listener: TcpListener, script: impl Script) -> Server {
        let address = listener.local_addr().expect("an address");
        let (record, script) = (Arc::<Mutex<Record>>::default(), Arc::new(script));
        let shared = Arc::clone(&record);
        let accepting = thread::spawn(move || {
            let streams = listener.incoming().flatten().take_while(|_| !lock(&shared).finishes);
            let connections = streams.map(|stream| {
                let (mut connection, script) = (Connection::new(stream, &shared), Arc::clone(&script));
                thread::spawn(move || connection.play(&*script))
            });
            connections.collect()
        });
        let (origin, accepting) = (format!("http://{address}"), Mutex::new(Some(accepting)));
        Server { origin, port: address.port(), address, record, accepting }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening and waits for the end of every connection. The clients must let go of them.
    pub fn finish(&self) {
        lock(&self.record).finishes = true;
        // Wakes it.
        let _ = TcpStream::connect(self.address);
        let accepting = self.accepting.lock().expect("no panic").take().expect("it is finished once");
        let connections = accepting.join().expect("no panic");
        for connection in connections {
            connection.join().expect("no script panics");
        }
    }

    /// All requests so far, in order of arrival. One that was cut is seen once its connection has ended.
    pub fn requests(&self) -> Vec<RawRequest> {
        lock(&self.record).requests.clone()
    }

    /// The requests of whose body a byte arrived, and that are not the availability check.
    pub fn calls(&self) -> Vec<RawRequest> {
        self.requests().into_iter().filter(|request| !request.body.is_empty() && !request.is_check()).collect()
    }

    /// What reached it so far.
    pub fn counts(&self) -> Counts {
        let record = lock(&self.record);
        Counts { connections: record.connections, requests: record.requests.len() }
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

pub(crate) fn lock(record: &Mutex<Record>) -> MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}
