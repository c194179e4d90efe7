//! The socket under hyper. It knows how far a request has come, and so how long to wait for the rest.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// When a connection is to end: a client that has just had an answer may be about to send its next request.
const ENDING: Duration = Duration::from_millis(300);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing has arrived yet.
    New,
    /// Nothing of the next request has arrived.
    Idle,
    /// A part of the head has arrived.
    Head,
    /// The head has arrived.
    Body,
    Handler,
    Answer,
}

#[derive(Clone)]
pub(crate) struct Progress(Arc<Mutex<State>>);

struct State {
    phase: Phase,
    /// When the phase began. For `Body`, it is the time of the first byte of the head.
    since: Instant,
    /// The connection is cut after this many more bytes.
    cut_after: Option<usize>,
}

impl Progress {
    pub(crate) fn new() -> Progress {
        Progress(Arc::new(Mutex::new(State { phase: Phase::New, since: Instant::now(), cut_after: None })))
    }

    pub(crate) fn phase(&self) -> Phase {
        self.state().phase
    }

    /// Since when the connection waits for a further request, if it does.
    pub(crate) fn idle_since(&self) -> Option<Instant> {
        let state = self.state();
        (state.phase == Phase::Idle).then_some(state.since)
    }

    pub(crate) fn enter(&self, phase: Phase) {
        let mut state = self.state();
        if (state.phase, phase) != (Phase::Head, Phase::Body) {
            state.since = Instant::now();
        }
        state.phase = phase;
    }

    pub(crate) fn cut_after(&self, bytes: Option<usize>) {
        self.state().cut_after = bytes;
    }

    pub(crate) fn deadline(&self, is_ending: bool) -> Option<Instant> {
        let state = self.state();
        let time = match state.phase {
            Phase::New | Phase::Idle | Phase::Head if is_ending => ENDING,
            // Longer than Caddy and nginx keep an unused connection, so that they are the ones to close it.
            Phase::Idle => Duration::from_secs(150),
            Phase::Head => Duration::from_secs(5),
            // A browser may connect a while before it has something to ask.
            Phase::New | Phase::Body | Phase::Answer => Duration::from_secs(10),
            Phase::Handler => return None,
        };
        Some(state.since + time)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Wire {
    pub(crate) stream: TcpStream,
    pub(crate) progress: Progress,
}

impl Read for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut to: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let mut bytes = [0; 4096];
        let room = to.remaining().min(bytes.len());
        let mut bytes = ReadBuf::new(&mut bytes[..room]);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut bytes))?;
        if !bytes.filled().is_empty() && matches!(self.progress.phase(), Phase::New | Phase::Idle) {
            self.progress.enter(Phase::Head);
        }
        to.put_slice(bytes.filled());
        Poll::Ready(Ok(()))
    }
}

impl Write for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let left = self.progress.state().cut_after;
        if left == Some(0) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let count = bytes.len().min(left.unwrap_or(usize::MAX));
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &bytes[..count]))?;
        self.progress.state().cut_after = left.map(|left| left - written);
        Poll::Ready(Ok(written))
    }

    /// hyper calls it when it has written the whole answer.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.progress.phase() == Phase::Answer {
            self.progress.enter(Phase::Idle);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
