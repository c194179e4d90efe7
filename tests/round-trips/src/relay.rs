use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Sub;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use crate::delayed::{deliver, send_off};

/// A TCP relay on loopback that puts a round-trip time between its clients and a server, half of it each way.
///
/// It lives until the process ends. A connection that is reset reaches the other end as one that is closed.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    crossed: Arc<Mutex<Crossed>>,
}

/// What crossed a [`Relay`]. The difference of two is what crossed between them.
///
/// A round trip is one turn of the conversation as it is at the client's end of the line: the client has sent
/// something, and then something reached it. Into how many parts either is cut makes no difference. Opening a
/// connection is a round trip of its own.
///
/// Both ends of a line see the same bytes, but not in the same order, and only the order at the client's end says what
/// the client waited for. In TLS 1.3 the server answers the client's Finished with session tickets, and the request
/// that the client sent right behind its Finished with a reply. At the server's end that may look like two turns:
/// Finished, tickets, request, reply. At the client's end the tickets arrive a whole round trip after the Finished left,
/// long after the request, so it is Finished, request, tickets, reply: one turn. Were a client to wait for the tickets,
/// it would be two there as well. The delay must only be longer than a client takes to write what it has to say.
///
/// Of connections that are used at the same time the round trips are added up, though the time is not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Crossed {
    /// Connections that were opened.
    pub connections: usize,
    /// One for each of these, and one for each answer.
    pub round_trips: usize,
}

impl Sub for Crossed {
    type Output = Crossed;

    fn sub(self, before: Crossed) -> Crossed {
        Crossed {
            connections: self.connections - before.connections,
            round_trips: self.round_trips - before.round_trips,
        }
    }
}

impl Relay {
    /// A relay on a free port, to the server at this address.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub fn start(server: SocketAddr, round_trip: Duration) -> io::Result<Relay> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let relay = Relay { address: listener.local_addr()?, crossed: Arc::default() };
        let crossed = Arc::clone(&relay.crossed);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let conversation = Arc::new(Conversation::open(Arc::clone(&crossed)));
                thread::spawn(move || {
                    // Client and server tell what became of it.
                    let _ = relay_connection(&client, server, round_trip, &conversation);
                });
            }
        });
        Ok(relay)
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What crossed so far.
    pub fn crossed(&self) -> Crossed {
        *self.crossed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The kernel has answered the client's connect at once, where over a long line it takes a round trip: packet there,
/// packet back, and the third one that says the same as the first bytes. So what the client sends before it has heard
/// from the server travels a whole round trip longer. To the client's clock it is the same: on a long line it would have
/// begun to send that much later, and it learns nothing in between by which it could tell. What it hears is late by the
/// whole of it, and whatever it sends after that is late by itself.
fn relay_connection(
    client: &TcpStream,
    server: SocketAddr,
    round_trip: Duration,
    conversation: &Arc<Conversation>,
) -> io::Result<()> {
    let half = round_trip / 2;
    // Otherwise Nagle's algorithm holds parts back, for a time that belongs to loopback and not to the line.
    client.set_nodelay(true)?;

    let (departures, arrivals) = mpsc::channel();
    let (from_client, sent) = (client.try_clone()?, Arc::clone(conversation));
    thread::spawn(move || {
        send_off(from_client, &departures, |bytes| {
            let answered = sent.client_sends(bytes);
            if answered { half } else { round_trip + half }
        });
    });

    thread::sleep(round_trip + half);
    let server = TcpStream::connect(server).inspect_err(|_| _ = client.shutdown(Shutdown::Both))?;
    server.set_nodelay(true)?;

    let (departures, answers) = mpsc::channel();
    let (from_server, to_client, heard) = (server.try_clone()?, client.try_clone()?, Arc::clone(conversation));
    thread::spawn(move || send_off(from_server, &departures, |_| half));
    thread::spawn(move || deliver(answers, to_client, || heard.client_hears()));
    deliver(arrivals, server, || ());
    Ok(())
}

/// One connection, as it is at the client's end.
struct Conversation {
    /// The client has sent something since it last heard from the server.
    asked: AtomicBool,
    /// The client has heard from the server.
    answered: AtomicBool,
    crossed: Arc<Mutex<Crossed>>,
}

impl Conversation {
    fn open(crossed: Arc<Mutex<Crossed>>) -> Conversation {
        let conversation = Conversation { asked: AtomicBool::new(false), answered: AtomicBool::new(false), crossed };
        conversation.count(Crossed { connections: 1, round_trips: 1 });
        conversation
    }

    /// Whether it has heard from the server before.
    fn client_sends(&self, bytes: &[u8]) -> bool {
        if !bytes.is_empty() {
            self.asked.store(true, Ordering::SeqCst);
        }
        self.answered.load(Ordering::SeqCst)
    }

    /// Counted before the bytes are there: whoever has them finds them counted.
    fn client_hears(&self) {
        self.answered.store(true, Ordering::SeqCst);
        if self.asked.swap(false, Ordering::SeqCst) {
            self.count(Crossed { connections: 0, round_trips: 1 });
        }
    }

    fn count(&self, more: Crossed) {
        let mut crossed = self.crossed.lock().unwrap_or_else(PoisonError::into_inner);
        crossed.connections += more.connections;
        crossed.round_trips += more.round_trips;
    }
}
