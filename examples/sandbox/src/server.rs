//! A web server in a thread of its own, for handlers that block.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request as Incoming};
use axum::http::{self, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

/// A request with its whole body.
pub(crate) type Request = http::Request<Bytes>;

const MAX_BODY: usize = 64 * 1024;
const MAX_TIME: Duration = Duration::from_secs(60); // beyond the latency that was asked for
/// How long a stop waits.
const STOP: Duration = Duration::from_millis(500);

/// A running server, stopped when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Option<watch::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers each request with what the handler returns, and with a 500 if it panics.
    pub(crate) fn start(
        listen: SocketAddr,
        latency: Duration,
        handler: impl Fn(Request) -> Response + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let name = format!("sandbox:{}", address.port());
        let runtime = Builder::new_current_thread().enable_all().thread_name(&name).build()?;
        // Not by `block_on`, which panics where the caller is asynchronous.
        let inside = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(listener)?;
        drop(inside);
        let handler = Arc::new(handler);
        let router = Router::new()
            .fallback(move |request| blocking(Arc::clone(&handler), request))
            .layer(RequestBodyLimitLayer::new(MAX_BODY))
            .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, latency.saturating_add(MAX_TIME)))
            .layer(CatchPanicLayer::new());
        let (stop, mut stopped) = watch::channel(());
        let mut asked = stopped.clone();
        let thread = thread::Builder::new().name(name).spawn(move || {
            runtime.block_on(async {
                let asked = async move { drop(asked.changed().await) };
                let late = async {
                    let _ = stopped.changed().await;
                    sleep(STOP).await;
                };
                let server = axum::serve(listener, router).with_graceful_shutdown(asked);
                tokio::select! { _ = server => {}, () = late => {} }
            });
            runtime.shutdown_background();
        })?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// Runs a blocking handler where it does not hold up the server, and passes on its panic.
async fn blocking(handler: Arc<impl Fn(Request) -> Response + Send + Sync + 'static>, request: Incoming) -> Response {
    let (head, body) = request.into_parts();
    let body = match Bytes::from_request(Incoming::new(body), &()).await {
        Ok(body) => body,
        Err(refusal) => return refusal.into_response(),
    };
    let answer = spawn_blocking(move || handler(Request::from_parts(head, body)));
    answer.await.unwrap_or_else(|error| resume_unwind(error.into_panic()))
}
