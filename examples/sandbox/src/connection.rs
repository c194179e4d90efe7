//! The requests of one connection, all that a client may send being bounded in size and in time. `httparse` reads the
//! heads and the lengths of chunks.
//!
//! No synchronous server crate is under this: tiny_http (and rouille on it) and touche read heads of any length, oxhttp
//! cannot be given a free port or be stopped, and khttp 0.2 makes a `str` of bytes that are not UTF-8.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use httparse::Status;

use crate::http::Request;

const MAX_HEAD: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;
const MAX_BODY: usize = 64 * 1024;
const MAX_LINE: usize = 1024;

/// How long a kept connection may stay silent.
const IDLE: Duration = Duration::from_secs(30);
/// How long a whole request may take to come, from its first byte.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why no request came.
pub(crate) enum Broken {
    /// The client left.
    Gone,
    /// What it sent is refused with this status.
    Refused(u16),
}

enum Framing {
    Length(usize),
    Chunked,
}

pub(crate) struct Connection<'s> {
    stream: &'s TcpStream,
    /// What was received and not used yet.
    received: Vec<u8>,
    until: Instant,
}

impl<'s> Connection<'s> {
    pub(crate) fn new(stream: &'s TcpStream) -> Self {
        let received = Vec::new();
        let until = Instant::now();
        Self { stream, received, until }
    }

    /// The next request, whole.
    pub(crate) fn request(&mut self) -> Result<Request, Broken> {
        if self.received.is_empty() {
            self.until = Instant::now() + IDLE;
            self.receive().map_err(|_| Broken::Gone)?;
        }
        self.until = Instant::now() + PATIENCE;
        let (length, mut request) = loop {
            if let Some(head) = parse_head(&self.received)? {
                break head;
            }
            if self.received.len() > MAX_HEAD {
                return Err(Broken::Refused(431));
            }
            self.receive()?;
        };
        if length > MAX_HEAD {
            return Err(Broken::Refused(431));
        }
        self.received.drain(..length);
        let framing = framing(&request)?;
        let expects = request.header("Expect").is_some_and(|value| value.starts_with("100-"));
        if expects && self.received.is_empty() {
            let go_on = b"HTTP/1.1 100 Continue\r\n\r\n";
            self.stream.write_all(go_on).map_err(|_| Broken::Gone)?;
        }
        request.body = match framing {
            Framing::Length(length) => self.take(length)?,
            Framing::Chunked => self.chunks()?,
        };
        Ok(request)
    }

    fn chunks(&mut self) -> Result<Vec<u8>, Broken> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            // The parser takes an empty line for the last chunk.
            let digit = line.first().is_some_and(u8::is_ascii_hexdigit);
            let size = match httparse::parse_chunk_size(&line) {
                Ok(Status::Complete((_, size))) if digit => size,
                _ => return Err(Broken::Refused(400)),
            };
            if size == 0 {
                break;
            }
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            if size > MAX_BODY - body.len() {
                return Err(Broken::Refused(413));
            }
            body.append(&mut self.take(size)?);
            if self.take(2)? != b"\r\n" {
                return Err(Broken::Refused(400));
            }
        }
        while self.line()? != b"\r\n" {}
        Ok(body)
    }

    /// Up to the next line feed, it included.
    fn line(&mut self) -> Result<Vec<u8>, Broken> {
        loop {
            if let Some(end) = self.received.iter().position(|&byte| byte == b'\n') {
                return self.take(end + 1);
            }
            if self.received.len() > MAX_LINE {
                return Err(Broken::Refused(400));
            }
            self.receive()?;
        }
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, Broken> {
        while self.received.len() < length {
            self.receive()?;
        }
        Ok(self.received.drain(..length).collect())
    }

    fn receive(&mut self) -> Result<(), Broken> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Broken::Refused(408));
        }
        let mut bytes = [0; 4096];
        let read = self.stream.set_read_timeout(Some(left));
        match read.and_then(|()| self.stream.read(&mut bytes)) {
            Ok(0) => return Err(Broken::Gone),
            Ok(count) => self.received.extend_from_slice(&bytes[..count]),
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                    return Err(Broken::Refused(408));
                }
                _ => return Err(Broken::Gone),
            },
        }
        Ok(())
    }
}

fn parse_head(received: &[u8]) -> Result<Option<(usize, Request)>, Broken> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let length = match head.parse(received) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Broken::Refused(431)),
        Err(_) => return Err(Broken::Refused(400)),
    };
    let target = head.path.unwrap_or_default();
    // The absolute form, which servers have to take as well.
    let target = match target.strip_prefix("http://") {
        Some(rest) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => target,
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        last: head.version != Some(1),
        headers: Vec::new(),
        body: Vec::new(),
    };
    for header in head.headers {
        let value = String::from_utf8_lossy(header.value).into_owned();
        request.headers.push((header.name.to_owned(), value));
    }
    request.last |= request
        .header("Connection")
        .is_some_and(|value| value.split(',').any(|token| token.trim().eq_ignore_ascii_case("close")));
    Ok(Some((length, request)))
}

/// Where the body ends; a request of which that can be doubted is refused.
fn framing(request: &Request) -> Result<Framing, Broken> {
    let named = |name: &str| {
        let all = request.headers.iter();
        all.filter(|(known, _)| known.eq_ignore_ascii_case(name)).count()
    };
    match (named("Transfer-Encoding"), named("Content-Length")) {
        (0, 0) => Ok(Framing::Length(0)),
        (1, 0) => match request.header("Transfer-Encoding") {
            Some(coding) if coding.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunked),
            _ => Err(Broken::Refused(501)),
        },
        (0, 1) => {
            let digits = request.header("Content-Length").unwrap_or_default();
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Broken::Refused(400));
            }
            let length = digits.parse().ok().filter(|&length| length <= MAX_BODY);
            length.map(Framing::Length).ok_or(Broken::Refused(413))
        }
        _ => Err(Broken::Refused(400)),
    }
}
