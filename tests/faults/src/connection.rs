use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use rustls::ServerConnection;
use socket2::SockRef;

use crate::replies;
use crate::request::PartialRequest;
use crate::script::{Script, Step};

/// Longer than any call of the tests: a client that keeps a connection this long has forgotten it.
const FORGOTTEN: Duration = Duration::from_secs(60);

/// One connection of a server, with all bytes received, decrypted.
pub(crate) struct Connection {
    /// `None` once a step has closed it.
    socket: Option<TcpStream>,
    tls: Option<ServerConnection>,
    received: Vec<u8>,
    /// Where the request at hand begins.
    start: usize,
}

impl Connection {
    /// Plays the script to its end and returns what was received.
    pub(crate) fn play(stream: TcpStream, script: Script) -> Vec<u8> {
        let mut connection = Connection { socket: Some(stream), tls: None, received: Vec::new(), start: 0 };
        // A failure shows in what the client reports, or in what was received.
        let _ = script.into_iter().try_for_each(|step| connection.step(step));
        let _ = connection.close();
        connection.received
    }

    fn step(&mut self, step: Step) -> io::Result<()> {
        match step {
            Step::Tls(config) => {
                let tls = self.tls.insert(ServerConnection::new(config).map_err(io::Error::other)?);
                let socket = open(&mut self.socket)?;
                while tls.is_handshaking() {
                    tls.complete_io(socket)?;
                }
                // What came before, a proxy's CONNECT, was a request of its own.
                self.start = self.received.len();
            }
            Step::Head => self.read_until(|bytes| PartialRequest::parse(bytes).is_some())?,
            Step::Request => {
                self.read_until(|bytes| PartialRequest::parse(bytes).is_some_and(|(_, end)| bytes.len() >= end))?;
            }
            Step::Bytes(length) => self.read_until(|bytes| bytes.len() >= length)?,
            Step::Reply(bytes) => {
                let bytes = bytes(&self.json());
                self.write(&bytes)?;
            }
            Step::Drip(bytes, pause) => {
                for byte in bytes(&self.json()) {
                    thread::sleep(pause);
                    self.write(&[byte])?;
                }
            }
            Step::Flood(bytes, times) => (0..times).try_for_each(|_| self.write(&bytes))?,
            Step::Answer(headers) => {
                self.step(Step::Request)?;
                self.step(Step::reply(|json| replies::response(200, headers, json)))?;
            }
            Step::Serve => loop {
                self.step(Step::Answer(""))?;
            },
            Step::Pause(pause) => thread::sleep(pause),
            Step::Do(other) => other(),
            Step::Stall => self.read_until(|_| false)?,
            Step::HangUp => self.hang_up()?,
            Step::Reset => {
                SockRef::from(&*open(&mut self.socket)?).set_linger(Some(Duration::ZERO))?;
                self.hang_up()?;
            }
        }
        Ok(())
    }

    /// The right answer to the request at hand, which ends with it.
    fn json(&mut self) -> String {
        let Some((request, length)) = PartialRequest::parse(&self.received[self.start..]) else { return String::new() };
        self.start = self.received.len().min(self.start + length);
        replies::json(&request)
    }

    fn read_until(&mut self, enough: impl Fn(&[u8]) -> bool) -> io::Result<()> {
        while !enough(&self.received[self.start..]) {
            self.read_some()?;
        }
        Ok(())
    }

    fn read_some(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        let socket = open(&mut self.socket)?;
        let length = match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls, socket).read(&mut buffer)?,
            None => socket.read(&mut buffer)?,
        };
        self.received.extend_from_slice(&buffer[..length]);
        if length > 0 { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let socket = open(&mut self.socket)?;
        match &mut self.tls {
            Some(tls) => {
                let mut stream = rustls::Stream::new(tls, socket);
                stream.write_all(bytes)?;
                stream.flush()
            }
            None => socket.write_all(bytes),
        }
    }

    /// What has come by now counts as received.
    fn hang_up(&mut self) -> io::Result<()> {
        open(&mut self.socket)?.set_nonblocking(true)?;
        while self.read_some().is_ok() {}
        self.socket = None;
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            // The client may be gone.
            let _ = self.write(b"");
        }
        let socket = open(&mut self.socket)?;
        socket.set_read_timeout(Some(FORGOTTEN))?;
        socket.shutdown(Shutdown::Write)?;
        while self.read_some().is_ok() {}
        Ok(())
    }
}

fn open(socket: &mut Option<TcpStream>) -> io::Result<&mut TcpStream> {
    socket.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
}
