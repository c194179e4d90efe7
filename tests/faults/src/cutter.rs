use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use crate::acceptor::Acceptor;

/// How a line fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The client sees an orderly end.
    Close,
    /// The client sees a TCP reset.
    Reset,
    /// Nothing passes any more, and neither side is told.
    Stall,
}

/// Where a line fails: once this many bytes have passed in this direction.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// What happens there.
    pub cut: Cut,
    /// Whether the bytes that are counted come from the client.
    pub up: bool,
    /// How many of them still pass.
    pub passes: u64,
}

/// A line to this server, on loopback. Its n-th connection fails as the n-th `Line` says; without one it does not fail.
/// `finish` returns how many bytes each connection carried up and down.
pub fn line_to(server: SocketAddr, lines: Vec<Option<Line>>) -> Acceptor<[u64; 2]> {
    let mut lines = lines.into_iter();
    Acceptor::start(TcpListener::bind("127.0.0.1:0").expect("a free port"), move || {
        let line = lines.next().flatten();
        move |client| carry(&client, &TcpStream::connect(server).expect("the server can be reached"), line)
    })
}

fn carry(client: &TcpStream, server: &TcpStream, line: Option<Line>) -> [u64; 2] {
    let fails = |up| line.filter(|line| line.up == up);
    let fail = |cut| fail(client, server, cut);
    thread::scope(|scope| {
        let up = scope.spawn(|| pass(client, server, fails(true), fail));
        let down = pass(server, client, fails(false), fail);
        [up.join().expect("no thread panics"), down]
    })
}

/// Carries bytes to the end, or to where the line fails; from there on they are read and lost.
fn pass(mut from: &TcpStream, mut to: &TcpStream, line: Option<Line>, fail: impl Fn(Cut) -> io::Result<()>) -> u64 {
    let most = line.map_or(u64::MAX, |line| line.passes);
    let mut passing = from.take(most);
    // Whatever becomes of either end, the rest is read.
    let _ = io::copy(&mut passing, &mut to);
    let passed = most - passing.limit();
    if let Some(line) = line.filter(|line| line.passes == passed) {
        let _ = fail(line.cut);
    }
    let _ = io::copy(&mut from, &mut io::sink());
    let _ = to.shutdown(Shutdown::Write);
    passed
}

fn fail(client: &TcpStream, server: &TcpStream, cut: Cut) -> io::Result<()> {
    match cut {
        Cut::Close => {
            client.shutdown(Shutdown::Write)?;
            server.shutdown(Shutdown::Write)
        }
        Cut::Reset => {
            // The reset is sent when the socket is dropped, by both directions: neither waits for more.
            SockRef::from(client).set_linger(Some(Duration::ZERO))?;
            client.shutdown(Shutdown::Read)?;
            server.shutdown(Shutdown::Both)
        }
        Cut::Stall => Ok(()),
    }
}
