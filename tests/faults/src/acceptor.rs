use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};

/// Accepts connections until it is told to finish; each has a thread of its own.
pub struct Acceptor<T> {
    address: SocketAddr,
    stop: Sender<()>,
    accepting: JoinHandle<Vec<JoinHandle<T>>>,
}

impl<T: Send + 'static> Acceptor<T> {
    /// `next` says what to do with the next connection, before it is accepted.
    pub(crate) fn start<S: FnOnce(TcpStream) -> T + Send + 'static>(
        listener: TcpListener,
        mut next: impl FnMut() -> S + Send + 'static,
    ) -> Acceptor<T> {
        let address = listener.local_addr().expect("a listener has an address");
        let (stop, stopped) = channel::<()>();
        let accepting = thread::spawn(move || {
            let mut connections = Vec::new();
            loop {
                let serve = next();
                let (Ok((stream, _)), Err(TryRecvError::Empty)) = (listener.accept(), stopped.try_recv()) else {
                    return connections;
                };
                connections.push(thread::spawn(move || serve(stream)));
            }
        });
        Acceptor { address, stop, accepting }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening and waits for the end of every connection. The client must let go of them.
    pub fn finish(self) -> Vec<T> {
        drop(self.stop);
        // Wakes it, unless a script closed the port.
        let _ = TcpStream::connect(self.address);
        let connections = self.accepting.join().expect("it accepts to the end");
        connections.into_iter().map(|connection| connection.join().expect("no connection panics")).collect()
    }
}
