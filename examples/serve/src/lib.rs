//! A small HTTP/1.1 server for blocking handlers. A merchant's framework usually has such handlers, and the SDK blocks too,
//! so a handler can call it directly.
//!
//! ```
//! use std::net::TcpListener;
//!
//! use ekolopay_serve::{Request, Response, Server};
//!
//! let server = Server::start(TcpListener::bind("127.0.0.1:0")?, |request: Request| {
//!     let text = format!("You asked for {}.", request.uri().path());
//!     Response::new(text.into_bytes())
//! })?;
//! println!("http://{}", server.local_addr());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Strangers may connect, so everything they send has a bound:
//!
//! | bound | beyond it |
//! |---|---|
//! | 16 KiB and 64 headers per head | 431 |
//! | 64 KiB per body | 413 |
//! | 5 s for a head, 10 s for a whole request | 408 |
//! | 10 s to receive an answer or to send a first byte, 150 s without a further request | the connection is closed |
//! | half of the process's file descriptors, at most 1,024 connections | the longest idle connection is closed; if none is idle, 503 |
//! | 256 handlers at once | a request waits |
//!
//! hyper reads all connections on one thread. The handlers run on a pool of threads.

mod connection;
mod wire;

use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use http::StatusCode;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::time::{sleep, timeout};

use crate::wire::Progress;

pub use http;

/// A request with its whole body.
pub type Request = http::Request<Vec<u8>>;

/// A response with its whole body. The server adds the length and the date, and leaves the body out for `HEAD`.
pub type Response = http::Response<Vec<u8>>;

/// The address of the client, or of the proxy in front, in the extensions of a request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Cuts the connection after this many bytes of the answer. Put it into the extensions of a response to test clients.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    pub after: usize,
}

const MAX_CONNECTIONS: usize = 1024;
const MAX_REFUSALS: usize = 32;
const MAX_HANDLERS: usize = 256;
/// How long `accept` rests when it has failed, for instance because there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Between two warnings that it fails.
const WARNING_PAUSE: Duration = Duration::from_secs(60);
/// How long a stop waits for handlers and answers.
const STOP: Duration = Duration::from_secs(10);

/// The two functions of a server.
struct Handlers {
    answer: Box<dyn Fn(Request) -> Response + Send + Sync>,
    refused: Box<dyn Fn(StatusCode) + Send + Sync>,
}

/// A running server. It stops when it is dropped: it accepts no more connections, answers the requests that it has
/// received, and closes its connections.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    /// Dropping it stops the server.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers each request that comes to the listener with what the handler returns.
    ///
    /// A panic in the handler is logged, and the client gets a 500.
    pub fn start(
        listener: TcpListener,
        handler: impl Fn(Request) -> Response + Send + Sync + 'static,
    ) -> io::Result<Server> {
        Server::start_reporting(listener, handler, |status| log::debug!("refused a request: {status}"))
    }

    /// Like `start`, and reports each request that the server itself refuses.
    pub fn start_reporting(
        listener: TcpListener,
        handler: impl Fn(Request) -> Response + Send + Sync + 'static,
        refused: impl Fn(StatusCode) + Send + Sync + 'static,
    ) -> io::Result<Server> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let name = format!("serve:{}", address.port());
        let runtime =
            Builder::new_current_thread().enable_all().thread_name(&name).max_blocking_threads(MAX_HANDLERS).build()?;
        let handlers = Arc::new(Handlers { answer: Box::new(handler), refused: Box::new(refused) });
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name(name).spawn(move || {
            if let Err(error) = runtime.block_on(run(listener, handlers, stopped)) {
                log::error!("the server on {address} has stopped: {error}");
            }
            runtime.shutdown_background();
        })?;
        Ok(Server { address, stop: Some(stop), thread: Some(thread) })
    }

    /// The address on which it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the process ends.
    pub fn wait(mut self) {
        self.join();
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.join();
    }
}

async fn run(
    listener: TcpListener,
    handlers: Arc<Handlers>,
    mut stopped: oneshot::Receiver<()>,
) -> Result<(), Box<dyn Error>> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    // The last places are for clients that are being refused. When those are taken too, clients wait in the listener's
    // queue.
    let all = max_connections() + MAX_REFUSALS;
    let places = Arc::new(Semaphore::new(all));
    let place = || Arc::clone(&places).acquire_owned();
    let mut connections = Connections::default();
    let mut open = |stream: TcpStream, place: OwnedSemaphorePermit| {
        let full = places.available_permits() < MAX_REFUSALS && !connections.end_idle();
        let (handlers, progress) = (Arc::clone(&handlers), Progress::new());
        let ending = connections.add(progress.clone());
        tokio::spawn(async move {
            if full {
                connection::refuse(stream, &handlers, StatusCode::SERVICE_UNAVAILABLE).await;
            } else {
                connection::serve(stream, progress, handlers, ending).await;
            }
            drop(place);
        });
    };
    let mut warned: Option<Instant> = None;
    loop {
        let place = place().await?;
        let accepted = poll_fn(|cx| match Pin::new(&mut stopped).poll(cx) {
            Poll::Ready(_) => Poll::Ready(None),
            Poll::Pending => listener.poll_accept(cx).map(Some),
        });
        match accepted.await {
            None => break,
            Some(Ok((stream, _))) => open(stream, place),
            Some(Err(error)) => {
                if warned.is_none_or(|warned| warned.elapsed() >= WARNING_PAUSE) {
                    log::warn!("cannot accept a connection: {error}");
                    warned = Some(Instant::now());
                }
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    // Clients in the listener's queue are connected already, and may have sent a request.
    let listener = listener.into_std()?;
    while let Ok((stream, _)) = listener.accept() {
        stream.set_nonblocking(true)?;
        open(TcpStream::from_std(stream)?, place().await?);
    }
    drop(listener);
    connections.end_all();
    if timeout(STOP, places.acquire_many(all.try_into()?)).await.is_err() {
        log::warn!("stopped before all requests were answered");
    }
    Ok(())
}

/// The connections, to end one that is idle in favour of a new client, and all when the server stops.
#[derive(Default)]
struct Connections(Vec<(Progress, watch::Sender<bool>)>);

impl Connections {
    fn add(&mut self, progress: Progress) -> watch::Receiver<bool> {
        let (end, ending) = watch::channel(false);
        self.0.retain(|(_, end)| !end.is_closed());
        self.0.push((progress, end));
        ending
    }

    /// Ends the connection that has been idle for the longest time, and returns whether there was one. If its client has
    /// just sent a request, that one is still answered.
    fn end_idle(&mut self) -> bool {
        let idle = self.0.iter().enumerate().filter_map(|(i, (progress, _))| Some((progress.idle_since()?, i)));
        let longest = idle.min().map(|(_, i)| self.0.swap_remove(i));
        longest.map(|(_, end)| end.send_replace(true)).is_some()
    }

    fn end_all(&self) {
        for (_, end) in &self.0 {
            end.send_replace(true);
        }
    }
}

/// The other half of the file descriptors is for the handlers: databases, and connections of their own.
fn max_connections() -> usize {
    #[cfg(unix)]
    if let Ok((soft, _)) = rlimit::Resource::NOFILE.get() {
        return usize::try_from(soft / 2).unwrap_or(MAX_CONNECTIONS).clamp(1, MAX_CONNECTIONS);
    }
    MAX_CONNECTIONS / 4
}
