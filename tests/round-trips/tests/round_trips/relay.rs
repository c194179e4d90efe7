//! The relay itself, with clients and servers whose round trips are known because they are written out.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ekolopay_round_trips::{Crossed, Relay};

use crate::ROUND_TRIP;

/// Of the parts of one message.
const PAUSE: Duration = Duration::from_millis(1);

/// A client of a server that plays this to its only connection, both with the relay between them.
fn connect(server: impl FnOnce(TcpStream) + Send + 'static) -> (Relay, TcpStream, Instant, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let playing = thread::spawn(move || server(listener.accept().unwrap().0));
    let relay = Relay::start(address, ROUND_TRIP).unwrap();
    let started = Instant::now();
    let client = TcpStream::connect(relay.address()).unwrap();
    client.set_nodelay(true).unwrap();
    (relay, client, started, playing)
}

/// In parts of a byte.
fn say(stream: &mut TcpStream, word: &str) {
    for byte in word.bytes() {
        stream.write_all(&[byte]).unwrap();
        thread::sleep(PAUSE);
    }
}

#[track_caller]
fn hear(stream: &mut TcpStream, word: &str) {
    let mut heard = vec![0; word.len()];
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(heard, word.as_bytes());
}

#[track_caller]
fn took(relay: &Relay, started: Instant, round_trips: usize) {
    let elapsed = started.elapsed();
    assert_eq!(relay.crossed(), Crossed { connections: 1, round_trips });
    assert!(elapsed >= ROUND_TRIP * u32::try_from(round_trips).unwrap(), "{elapsed:?}");
}

#[test]
fn a_question_and_its_answer_are_a_round_trip_in_however_many_parts() {
    let (relay, mut client, started, server) = connect(|mut stream| {
        for word in ["one", "two", "six"] {
            hear(&mut stream, word);
            say(&mut stream, "yes");
        }
    });
    for word in ["one", "two", "six"] {
        say(&mut client, word);
        hear(&mut client, "yes");
    }
    took(&relay, started, 4);
    server.join().unwrap();
}

/// As TLS 1.3's session tickets are.
#[test]
fn what_the_client_does_not_wait_for_costs_nothing() {
    let server = |mut stream: TcpStream| {
        hear(&mut stream, "finished");
        say(&mut stream, "ticket");
        hear(&mut stream, "request");
        say(&mut stream, "reply");
    };
    let (relay, mut client, started, playing) = connect(server);
    say(&mut client, "finishedrequest");
    hear(&mut client, "ticketreply");
    took(&relay, started, 2);
    playing.join().unwrap();

    let (relay, mut client, started, playing) = connect(server);
    say(&mut client, "finished");
    hear(&mut client, "ticket");
    say(&mut client, "request");
    hear(&mut client, "reply");
    took(&relay, started, 3);
    playing.join().unwrap();
}

#[test]
fn what_the_server_says_unasked_is_no_round_trip() {
    let (relay, mut client, started, server) = connect(|mut stream| say(&mut stream, "welcome"));
    hear(&mut client, "welcome");
    assert_eq!(relay.crossed(), Crossed { connections: 1, round_trips: 1 });
    // There and back for the connection; half a trip of it is over when the server knows, the word takes another.
    assert!(started.elapsed() >= 2 * ROUND_TRIP);
    server.join().unwrap();
}

#[test]
fn a_close_is_late_too() {
    let (_relay, mut client, started, server) = connect(drop);
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    assert!(started.elapsed() >= 2 * ROUND_TRIP);
    server.join().unwrap();

    let (_relay, client, started, server) = connect(|mut stream| assert_eq!(stream.read(&mut [0]).unwrap(), 0));
    drop(client);
    server.join().unwrap();
    assert!(started.elapsed() >= ROUND_TRIP * 3 / 2);
}

#[test]
fn a_server_that_is_not_there_is_a_close() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let relay = Relay::start(nobody, Duration::from_millis(10)).unwrap();
    let mut client = TcpStream::connect(relay.address()).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
}

/// A relay that waited for each part, of 64 KiB at most, would need 500 round trips for these.
#[test]
fn the_delay_does_not_limit_the_throughput() {
    const MUCH: usize = 32 << 20;
    let (relay, mut client, started, server) = connect(|mut stream| {
        let length = std::io::copy(&mut (&stream).take(MUCH as u64), &mut std::io::sink()).unwrap();
        assert_eq!(length, MUCH as u64);
        stream.write_all(&vec![b'.'; MUCH]).unwrap();
    });
    let mut sending = client.try_clone().unwrap();
    let sent = thread::spawn(move || sending.write_all(&vec![b'.'; MUCH]).unwrap());
    client.read_exact(&mut vec![0; MUCH]).unwrap();
    sent.join().unwrap();
    assert_eq!(relay.crossed(), Crossed { connections: 1, round_trips: 2 });
    assert!(started.elapsed() < 100 * ROUND_TRIP, "{:?}", started.elapsed());
    server.join().unwrap();
}
