//! The listener: a thread a connection, a bound on their number, and a stop
//! that leaves nothing open.

use std::collections::HashMap;
use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::app::App;
use crate::connection::{Broken, Connection};
use crate::html;
use crate::journal;

const MAX_CONNECTIONS: usize = 256;
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a stop waits for what is under way; a callback may take longer.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);
const LINGER: Duration = Duration::from_millis(500);
const LINGER_BYTES: u64 = 1024 * 1024;

pub(crate) struct Server {
    address: SocketAddr,
    connections: Arc<Connections>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(listen: SocketAddr, app: Arc<App>) -> io::Result<Self> {
        let listener = TcpListener::bind(listen)?;
        let address = listener.local_addr()?;
        let connections = Arc::new(Connections::default());
        let shared = Arc::clone(&connections);
        let accepting = thread(address).spawn(move || accept(&listener, &shared, &app))?;
        Ok(Self { address, connections, accepting: Some(accepting) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn wait(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.connections.close();
        // The listener only looks at the stop once it has accepted something.
        if TcpStream::connect_timeout(&reachable(self.address), STOP_TIMEOUT).is_ok() {
            self.wait();
        }
        self.connections.wait_until_none(STOP_TIMEOUT);
    }
}

/// The address a client of this machine connects to.
pub(crate) fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

fn thread(address: SocketAddr) -> thread::Builder {
    thread::Builder::new().name(format!("sandbox:{}", address.port()))
}

fn accept(listener: &TcpListener, connections: &Arc<Connections>, app: &Arc<App>) {
    loop {
        let accepted = listener.accept();
        if connections.lock().closed {
            return;
        }
        let Ok((stream, _)) = accepted else {
            // Out of descriptors, for one: some may be free again soon.
            thread::sleep(Duration::from_millis(20));
            continue;
        };
        let stream = Arc::new(stream);
        let _ = stream.set_nodelay(true);
        let _ = stream.set_write_timeout(Some(WRITE_TIMEOUT));
        let Some(entry) = Connections::enter(connections, &stream) else {
            let _ = html::refusal(503).write(&stream, false, true);
            continue;
        };
        let app = Arc::clone(app);
        // A panic ends its own connection only: the entry leaves as it unwinds.
        let _ = thread(entry.address).spawn(move || {
            serve(&stream, &app);
            drop(entry);
        });
    }
}

fn serve(stream: &TcpStream, app: &App) {
    let mut connection = Connection::new(stream);
    let mut last = false;
    while !last {
        let mut head_only = false;
        let reply = match connection.request() {
            Ok(request) => {
                let started = Instant::now();
                let Some(reply) = app.answer(&request) else {
                    return;
                };
                head_only = request.method == "HEAD";
                last = request.last;
                log(app, &request.method, &request.path, reply.status, started);
                reply
            }
            Err(Broken::Gone) => return,
            Err(Broken::Refused(status)) => {
                last = true;
                log(app, "-", "-", status, Instant::now());
                html::refusal(status)
            }
        };
        if reply.write(stream, head_only, last).is_err() {
            return;
        }
    }
    linger(stream);
}

fn log(app: &App, method: &str, path: &str, status: u16, started: Instant) {
    if let Some(log) = &app.settings.log {
        let secret = &app.settings.secret_key;
        log(&journal::line(secret, method, path, status, started.elapsed()));
    }
}

/// Closing with unread bytes resets the connection, and the client may lose the
/// answer: it is given some time to stop sending.
fn linger(mut stream: &TcpStream) {
    let until = Instant::now() + LINGER;
    let _ = stream.shutdown(Shutdown::Write);
    let mut discarded = 0;
    let mut bytes = [0; 4096];
    while discarded < LINGER_BYTES {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return;
        }
        match stream.read(&mut bytes) {
            Ok(0) | Err(_) => return,
            Ok(count) => discarded += count as u64,
        }
    }
}

/// The open connections, to count them and to shut them down.
#[derive(Default)]
struct Connections {
    open: Mutex<Open>,
    left: Condvar,
}

#[derive(Default)]
struct Open {
    closed: bool,
    entered: u64,
    streams: HashMap<u64, Arc<TcpStream>>,
}

impl Connections {
    fn enter(this: &Arc<Self>, stream: &Arc<TcpStream>) -> Option<Entry> {
        let address = stream.local_addr().ok()?;
        let mut open = this.lock();
        if open.closed || open.streams.len() >= MAX_CONNECTIONS {
            return None;
        }
        open.entered += 1;
        let number = open.entered;
        open.streams.insert(number, Arc::clone(stream));
        Some(Entry { connections: Arc::clone(this), number, address })
    }

    fn close(&self) {
        let mut open = self.lock();
        open.closed = true;
        for stream in open.streams.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn wait_until_none(&self, timeout: Duration) {
        let open = self.lock();
        let some = |open: &mut Open| !open.streams.is_empty();
        let _ = self.left.wait_timeout_while(open, timeout, some);
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's place, given back when dropped.
struct Entry {
    connections: Arc<Connections>,
    number: u64,
    address: SocketAddr,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.connections.lock().streams.remove(&self.number);
        self.connections.left.notify_all();
    }
}
