use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use crate::connection::{Answer, Connection, RawRequest, Script, response};

/// An HTTP server on loopback. It lives until the process ends, or `finish` is called.
pub struct Server {
    pub origin: String,
    pub address: SocketAddr,
    record: Arc<Mutex<Record>>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
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
        Server { origin: format!("https://localhost:{}", server.address.port()), ..server }
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
        let record = Arc::<Mutex<Record>>::default();
        let shared = Arc::clone(&record);
        let accepting = thread::spawn(move || {
            let streams = listener.incoming().flatten().take_while(|_| !shared.lock().unwrap().finishes);
            thread::scope(|scope| {
                for stream in streams {
                    scope.spawn(|| Connection::new(stream, &shared).play(&script));
                }
            });
        });
        let (origin, accepting) = (format!("http://{address}"), Mutex::new(Some(accepting)));
        Server { origin, address, record, accepting }
    }

    /// Stops listening and waits for the end of every connection. The clients must let go of them.
    pub fn finish(&self) {
        self.record.lock().unwrap().finishes = true;
        // Wakes it.
        let _ = TcpStream::connect(self.address);
        let accepting = self.accepting.lock().unwrap().take().expect("it is finished once");
        accepting.join().expect("no script panics");
    }

    /// All requests so far, in order of arrival. One that was cut is seen once its connection has ended.
    pub fn requests(&self) -> Vec<RawRequest> {
        self.record.lock().unwrap().requests.clone()
    }

    /// The requests of whose body a byte arrived, and that are not the availability check.
    pub fn calls(&self) -> Vec<RawRequest> {
        self.requests().into_iter().filter(|request| !request.body.is_empty() && !request.is_check()).collect()
    }

    pub fn connections(&self) -> usize {
        self.record.lock().unwrap().connections
    }
}
