use std::net::{Shutdown, SocketAddr, TcpListener};
use std::sync::Arc;

use socket2::SockRef;

use crate::acceptor::Acceptor;
use crate::connection::Connection;
use crate::request::Received;
use crate::script::{Script, Step};

/// A server on loopback of which each connection plays a script.
pub struct FaultServer(Acceptor<Vec<u8>>);

impl FaultServer {
    /// Listens on a free port of 127.0.0.1. The n-th connection plays the n-th script; after the last one, every
    /// connection is served.
    pub fn start(scripts: impl IntoIterator<Item = Script, IntoIter: Send + 'static>) -> FaultServer {
        FaultServer::on(TcpListener::bind("127.0.0.1:0").expect("a free port"), scripts)
    }

    /// The same on this listener.
    pub fn on(listener: TcpListener, scripts: impl IntoIterator<Item = Script, IntoIter: Send + 'static>) -> Self {
        let mut scripts = scripts.into_iter();
        FaultServer(Acceptor::start(listener, move || {
            let script = scripts.next().unwrap_or_else(|| vec![Step::Serve]);
            |stream| Connection::play(stream, script)
        }))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Its origin without TLS.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Stops listening and waits for the end of every connection. The client must let go of them.
    pub fn finish(self) -> Received {
        Received::parse(&self.0.finish())
    }
}

/// After this step, new connections to this listener are refused. Closing it is not enough: a process that another
/// test is about to start may hold the socket for another moment.
pub fn refuse(listener: &TcpListener) -> Step {
    let listener = listener.try_clone().expect("a socket can be shared");
    Step::Do(Arc::new(move || SockRef::from(&listener).shutdown(Shutdown::Both).expect("it listens")))
}
