//! One connection, from its first request to its end.

use std::convert::Infallible;
use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::header::CONNECTION;
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::{Instant, sleep_until, timeout};

use crate::wire::{Phase, Progress, Wire};
use crate::{Cut, Handlers, Peer, Request, Response};

const MAX_HEAD: usize = 16 * 1024;
const MAX_BODY: usize = 64 * 1024;
const MAX_HEADERS: usize = 64;
/// How long a connection is still read after its last answer.
const LINGER: Duration = Duration::from_secs(1);

/// Serves a connection until it ends or is late. Once it is to end, the next answer is the last one.
pub(crate) async fn serve(
    stream: TcpStream,
    progress: Progress,
    handlers: Arc<Handlers>,
    ending: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let peer = stream.peer_addr().ok().map(Peer);
    let wire = Wire { stream, progress: progress.clone() };
    let service = service_fn(|mut request: http::Request<Incoming>| {
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        progress.enter(Phase::Body);
        Box::pin(answer(request, Arc::clone(&handlers), progress.clone(), ending.clone()))
    });
    let mut builder = http1::Builder::new();
    builder.half_close(true).max_headers(MAX_HEADERS).max_header_size(MAX_HEAD);
    let mut connection = builder.serve_connection(wire, service);
    let mut told = ending.clone();
    let mut told = pin!(async {
        let _ = told.wait_for(|ending| *ending).await;
        // tokio looks at the sockets before it goes on, so a request that has arrived is not lost.
        yield_now().await;
    });
    let mut is_ending = false;
    let mut sleep = pin!(sleep_until(Instant::now()));
    let end = poll_fn(|cx| {
        is_ending = is_ending || told.as_mut().poll(cx).is_ready();
        if let Poll::Ready(result) = connection.poll_without_shutdown(cx) {
            return Poll::Ready(Some(result));
        }
        let Some(deadline) = progress.deadline(is_ending) else { return Poll::Pending };
        sleep.as_mut().reset(deadline);
        sleep.as_mut().poll(cx).map(|()| None)
    })
    .await;
    let stream = connection.into_parts().io.stream;
    let half_sent = matches!(progress.phase(), Phase::Head | Phase::Body);
    match end {
        Some(Ok(())) => finish(stream, None).await,
        // hyper has answered it.
        Some(Err(error)) if error.is_parse() => {
            let too_large = error.is_parse_too_large();
            let status = if too_large { StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE } else { StatusCode::BAD_REQUEST };
            report(&handlers, status);
            finish(stream, None).await;
        }
        None if half_sent && !is_ending => refuse(stream, &handlers, StatusCode::REQUEST_TIMEOUT).await,
        Some(Err(_)) | None => {}
    }
}

pub(crate) async fn refuse(stream: TcpStream, handlers: &Arc<Handlers>, status: StatusCode) {
    report(handlers, status);
    finish(stream, Some(status)).await;
}

/// The client does not wait for it: all threads may be busy.
fn report(handlers: &Arc<Handlers>, status: StatusCode) {
    let handlers = Arc::clone(handlers);
    drop(spawn_blocking(move || (handlers.refused)(status)));
}

async fn answer(
    request: http::Request<Incoming>,
    handlers: Arc<Handlers>,
    progress: Progress,
    ending: watch::Receiver<bool>,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = read(body).await;
    progress.enter(Phase::Handler);
    let refused = body.is_err();
    let mut response = match body {
        Ok(body) => handle(handlers, Request::from_parts(head, body)).await,
        Err(status) => {
            report(&handlers, status);
            empty(status)
        }
    };
    progress.cut_after(response.extensions_mut().remove().map(|cut: Cut| cut.after));
    if refused || *ending.borrow() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    progress.enter(Phase::Answer);
    Ok(response.map(Full::from))
}

/// The whole body, or the status with which it is refused.
async fn read(body: Incoming) -> Result<Vec<u8>, StatusCode> {
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::BAD_REQUEST),
    }
}

async fn handle(handlers: Arc<Handlers>, request: Request) -> Response {
    let name = format!("{} {}", request.method(), request.uri().path());
    spawn_blocking(move || (handlers.answer)(request)).await.unwrap_or_else(|error| {
        log::error!("{name}: {error}");
        empty(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

/// Closes a connection, after a refusal if there is one. It reads for a while first, because a client can lose its answer
/// when the socket is closed with unread bytes.
async fn finish(mut stream: TcpStream, refusal: Option<StatusCode>) {
    let last = async {
        if let Some(status) = refusal {
            let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
        }
        stream.shutdown().await?;
        let mut bytes = [0; 4096];
        while stream.read(&mut bytes).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = timeout(LINGER, last).await;
}
