use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::server::Record;

pub trait Script: Fn(&mut Connection) -> io::Result<()> + Send + Sync + 'static {}
impl<F: Fn(&mut Connection) -> io::Result<()> + Send + Sync + 'static> Script for F {}

pub trait Answer: Fn(&RawRequest) -> Vec<u8> + Send + Sync + 'static {}
impl<F: Fn(&RawRequest) -> Vec<u8> + Send + Sync + 'static> Answer for F {}

/// One connection of a server. Every step fails once the client is gone.
pub struct Connection {
    /// Its number, from 0.
    pub number: usize,
    /// The socket, and what is read and written; `None` once it is closed.
    open: Option<(TcpStream, Box<dyn Stream>)>,
    /// From the beginning of the request at hand.
    received: Vec<u8>,
    record: Arc<Mutex<Record>>,
}

trait Stream: Read + Write + Send {
    fn say_goodbye(&mut self) {}
}

impl Stream for TcpStream {}

#[cfg(feature = "tls")]
impl Stream for rustls::StreamOwned<rustls::ServerConnection, TcpStream> {
    fn say_goodbye(&mut self) {
        self.conn.send_close_notify();
        // The client may be gone.
        let _ = self.flush();
    }
}

impl Connection {
    pub(crate) fn new(socket: TcpStream, record: &Arc<Mutex<Record>>) -> Connection {
        let connections = &mut record.lock().unwrap().connections;
        let number = *connections;
        *connections += 1;
        // Otherwise some responses over TLS wait for an acknowledgement.
        let stream = socket.set_nodelay(true).and_then(|()| socket.try_clone());
        let open = stream.ok().map(|stream| -> (_, Box<dyn Stream>) { (socket, Box::new(stream)) });
        Connection { number, open, received: Vec::new(), record: Arc::clone(record) }
    }

    pub(crate) fn play(&mut self, script: &impl Script) {
        let _ = script(self);
        let _ = self.close();
        while self.received(false).is_some() {}
    }

    /// From here on everything is encrypted.
    #[cfg(feature = "tls")]
    pub fn tls(&mut self, config: &Arc<rustls::ServerConfig>) -> io::Result<()> {
        let session = rustls::ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
        let (socket, stream) = self.open()?;
        *stream = Box::new(rustls::StreamOwned::new(session, socket.try_clone()?));
        Ok(())
    }

    pub fn read(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        let length = self.open()?.1.read(&mut buffer)?;
        self.received.extend_from_slice(&buffer[..length]);
        if length > 0 { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }

    pub fn request(&mut self) -> io::Result<RawRequest> {
        loop {
            if let Some(request) = self.received(true) {
                return Ok(request);
            }
            self.read()?;
        }
    }

    /// Writes these bytes, and nothing else.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (_, stream) = self.open()?;
        stream.write_all(bytes)?;
        stream.flush()
    }

    /// Answers every request, until an answer ends the connection.
    pub fn serve(&mut self, answer: impl Fn(&RawRequest) -> Vec<u8>) -> io::Result<()> {
        loop {
            let bytes = answer(&self.request()?);
            self.write(&bytes)?;
            let text = String::from_utf8_lossy(&bytes).to_lowercase();
            if text.contains("\r\nconnection: close\r\n") || !text.contains("\r\ncontent-length:") {
                return Ok(());
            }
        }
    }

    /// Reads, and never writes, until the client gives up.
    pub fn stall(&mut self) -> io::Result<()> {
        loop {
            self.read()?;
        }
    }

    /// Closes both sides at once, like a server whose process ends. What has come by now counts as received.
    pub fn hang_up(&mut self) -> io::Result<()> {
        self.socket()?.set_nonblocking(true)?;
        while self.read().is_ok() {}
        self.open = None;
        Ok(())
    }

    pub fn socket(&mut self) -> io::Result<&TcpStream> {
        Ok(&self.open()?.0)
    }

    fn open(&mut self) -> io::Result<&mut (TcpStream, Box<dyn Stream>)> {
        self.open.as_mut().ok_or_else(|| ErrorKind::NotConnected.into())
    }

    fn close(&mut self) -> io::Result<()> {
        let (socket, stream) = self.open()?;
        stream.say_goodbye();
        // Longer than any call: a client that keeps a connection this long has forgotten it.
        socket.set_read_timeout(Some(Duration::from_secs(60)))?;
        socket.shutdown(Shutdown::Write)?;
        self.stall()
    }

    /// The request at hand, once its head has come, and its body if it must be whole.
    fn received(&mut self, whole: bool) -> Option<RawRequest> {
        let start = 4 + self.received.windows(4).position(|end| end == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&self.received[..start]).into_owned();
        let length = |line: &str| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok();
        let length = head.lines().find_map(length).unwrap_or(0);
        if whole && self.received.len() < start + length {
            return None;
        }
        let end = self.received.len().min(start + length);
        let body = String::from_utf8_lossy(&self.received[start..end]).into_owned();
        self.received.drain(..end);
        let request = RawRequest { head, body, length };
        self.record.lock().unwrap().requests.push(request.clone());
        Some(request)
    }
}

#[derive(Clone, Debug)]
pub struct RawRequest {
    /// The request line and the headers, with the empty line after them.
    pub head: String,
    /// As many bytes as `Content-Length` says, or fewer if it was cut.
    pub body: String,
    /// What `Content-Length` says.
    pub length: usize,
}

impl RawRequest {
    /// Whether it is the availability check, perhaps cut.
    pub fn is_check(&self) -> bool {
        const FORM: &str = "purchaseToken=";
        self.length == FORM.len() && FORM.starts_with(&self.body)
    }
}

/// A response with a length.
pub fn response(status: u16, body: &str) -> Vec<u8> {
    response_with(status, "", body)
}

/// The same with these header lines, each with its line break.
pub fn response_with(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}
