use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};
use socket2::SockRef;

use crate::replies;
use crate::request::Request;
use crate::script::{Script, Step};

/// Longer than any call of the tests: a client that keeps a connection this long has forgotten it.
const FORGOTTEN: Duration = Duration::from_secs(60);

enum Wire {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
    /// Closed, by a step.
    Gone,
}

/// One connection of a server, with all bytes received, decrypted.
pub(crate) struct Connection {
    wire: Wire,
    received: Vec<u8>,
    /// Where the request at hand begins.
    start: usize,
}

impl Connection {
    /// Plays the script to its end and returns what was received.
    pub(crate) fn play(stream: TcpStream, script: Script) -> Vec<u8> {
        let mut connection = Connection { wire: Wire::Plain(stream), received: Vec::new(), start: 0 };
        // A failure shows in what the client reports, or in what was received.
        let _ = script.into_iter().try_for_each(|step| connection.step(step));
        let _ = connection.close();
        connection.received
    }

    fn step(&mut self, step: Step) -> io::Result<()> {
        match step {
            Step::Tls(config) => {
                if let Wire::Plain(stream) = std::mem::replace(&mut self.wire, Wire::Gone) {
                    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
                    self.wire = Wire::Tls(Box::new(StreamOwned::new(connection, stream)));
                }
                if let Wire::Tls(stream) = &mut self.wire {
                    while stream.conn.is_handshaking() {
                        stream.conn.complete_io(&mut stream.sock)?;
                    }
                }
                // What came before, a proxy's CONNECT, was a request of its own.
                self.start = self.received.len();
                Ok(())
            }
            Step::Head => self.read_until(|bytes| Request::parse(bytes).is_some()),
            Step::Request => self.read_until(|bytes| Request::parse(bytes).is_some_and(|(_, end)| bytes.len() >= end)),
            Step::Bytes(length) => self.read_until(|bytes| bytes.len() >= length),
            Step::Reply(bytes) => {
                let bytes = bytes(&self.json());
                self.write(&bytes)
            }
            Step::Drip(bytes, pause) => bytes(&self.json()).iter().try_for_each(|byte| {
                thread::sleep(pause);
                self.write(&[*byte])
            }),
            Step::Flood(bytes, times) => (0..times).try_for_each(|_| self.write(&bytes)),
            Step::Pause(pause) => {
                thread::sleep(pause);
                Ok(())
            }
            Step::Do(mut other) => {
                other();
                Ok(())
            }
            Step::Serve => loop {
                self.step(Step::Request)?;
                self.step(Step::Reply(Box::new(|json| replies::response(200, "", json))))?;
            },
            Step::Stall => self.read_until(|_| false),
            Step::HangUp => self.hang_up(),
            Step::Reset => {
                SockRef::from(self.socket()?).set_linger(Some(Duration::ZERO))?;
                self.hang_up()
            }
        }
    }

    /// The right answer to the request at hand, which ends with it.
    fn json(&mut self) -> String {
        let Some((request, length)) = Request::parse(&self.received[self.start..]) else { return String::new() };
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
        let length = match &mut self.wire {
            Wire::Plain(stream) => stream.read(&mut buffer)?,
            Wire::Tls(stream) => stream.read(&mut buffer)?,
            Wire::Gone => 0,
        };
        self.received.extend_from_slice(&buffer[..length]);
        if length > 0 { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.wire {
            Wire::Plain(stream) => stream.write_all(bytes),
            Wire::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
            Wire::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn socket(&self) -> io::Result<&TcpStream> {
        match &self.wire {
            Wire::Plain(stream) => Ok(stream),
            Wire::Tls(stream) => Ok(&stream.sock),
            Wire::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// What has come by now counts as received.
    fn hang_up(&mut self) -> io::Result<()> {
        self.socket()?.set_nonblocking(true)?;
        while self.read_some().is_ok() {}
        self.wire = Wire::Gone;
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        if let Wire::Tls(stream) = &mut self.wire {
            stream.conn.send_close_notify();
            // The client may be gone.
            let _ = stream.flush();
        }
        let socket = self.socket()?;
        socket.set_read_timeout(Some(FORGOTTEN))?;
        socket.shutdown(Shutdown::Write)?;
        while self.read_some().is_ok() {}
        Ok(())
    }
}
