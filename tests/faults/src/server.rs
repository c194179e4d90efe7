use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};

use socket2::SockRef;

use crate::connection::Connection;
use crate::request::Received;
use crate::script::Script;

/// What happens to the connections that come after the last script.
pub enum Then {
    /// Each plays the script that this makes.
    Play(Box<dyn Fn() -> Script + Send>),
    /// They are refused: nobody listens any more.
    Refuse,
    /// They are left in the listener's backlog.
    Ignore,
}

/// A server on loopback of which each connection plays a script.
pub struct FaultServer {
    address: SocketAddr,
    stop: Sender<()>,
    accepting: JoinHandle<Vec<JoinHandle<Vec<u8>>>>,
    wakes: bool,
}

impl FaultServer {
    /// Listens on a free port of `host`; the n-th connection plays the n-th script.
    pub fn start(host: &str, scripts: Vec<Script>, then: Then) -> io::Result<FaultServer> {
        FaultServer::listen(TcpListener::bind((host, 0))?, scripts, then)
    }

    /// The same at this address.
    pub fn start_at(address: SocketAddr, scripts: Vec<Script>, then: Then) -> io::Result<FaultServer> {
        FaultServer::listen(TcpListener::bind(address)?, scripts, then)
    }

    fn listen(listener: TcpListener, scripts: Vec<Script>, then: Then) -> io::Result<FaultServer> {
        let address = listener.local_addr()?;
        let (stop, stopped) = channel();
        let wakes = matches!(then, Then::Play(_));
        let accepting = thread::spawn(move || accept(listener, scripts, then, &stopped));
        Ok(FaultServer { address, stop, accepting, wakes })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening and waits for the end of every connection. The client must let go of them.
    pub fn finish(self) -> Received {
        drop(self.stop);
        if self.wakes {
            let _ = TcpStream::connect(self.address);
        }
        let connections = self.accepting.join().expect("the server accepts to the end");
        Received(connections.into_iter().map(|thread| thread.join().expect("a script plays to its end")).collect())
    }
}

fn accept(listener: TcpListener, scripts: Vec<Script>, then: Then, stopped: &Receiver<()>) -> Vec<JoinHandle<Vec<u8>>> {
    let (mut connections, mut listener) = (Vec::new(), Some(listener));
    let mut scripts = scripts.into_iter();
    loop {
        let next = scripts.next();
        let last = scripts.len() == 0;
        let script = match (next, &then) {
            (Some(script), _) => script,
            (None, Then::Play(make)) => make(),
            (None, Then::Refuse) => return connections,
            (None, Then::Ignore) => {
                // Ends with an error, when the server is told to finish.
                let _ = stopped.recv();
                return connections;
            }
        };
        let Some(Ok((stream, _))) = listener.as_ref().map(TcpListener::accept) else { return connections };
        if stopped.try_recv() == Err(TryRecvError::Disconnected) {
            return connections;
        }
        // Before the last answer is given: the client's next attempt must find the port closed. Closing is not enough: a
        // process that another test is about to start may hold the socket for another moment.
        if last && matches!(then, Then::Refuse) {
            if let Some(listener) = listener.take() {
                let _ = SockRef::from(&listener).shutdown(Shutdown::Both);
            }
        }
        connections.push(thread::spawn(move || Connection::play(stream, script)));
    }
}
