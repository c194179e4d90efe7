//! What an error says of the call is true wherever the line is cut: plain, over TLS or through a proxy. It is cut between
//! the client and a server that works, so that the server knows what it received.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use ekolopay_faults::service::{CLOSE, answer, reply};
use ekolopay_faults::{Call, Outcome};
use ekolopay_test_kit::{Connection, Server, response, response_with, secret};
use fastrand::Rng;
use socket2::SockRef;

use crate::fault::Front;
use crate::judge;
use crate::reuse::seed;

const CASES: u64 = 2_000;

/// They mostly wait for a line that is silent.
const THREADS: usize = 32;

const TIMEOUT: Duration = Duration::from_millis(400);

/// How a line fails. In silence nothing passes any more, and neither side is told.
#[derive(Debug, Clone, Copy)]
enum Cut {
    Close,
    Reset,
    Silence,
}

/// Where a line fails: once this many bytes have passed from the client, or to it.
#[derive(Debug, Clone, Copy)]
struct Line {
    cut: Cut,
    up: bool,
    passes: u64,
}

/// A line to this server. Its n-th connection fails as the n-th `Line` says; without one it does not fail.
fn line_to(server: SocketAddr, lines: Vec<Option<Line>>) -> Server {
    Server::play(move |connection| {
        let line = lines.get(connection.number).copied().flatten();
        carry(connection.socket()?, &TcpStream::connect(server)?, line);
        connection.hang_up()
    })
}

fn carry(client: &TcpStream, server: &TcpStream, line: Option<Line>) {
    let fails = |up| line.filter(|line| line.up == up);
    let fail = |cut| match cut {
        Cut::Close => client.shutdown(Shutdown::Write).and(server.shutdown(Shutdown::Write)),
        // The reset is sent when the socket is dropped, by both directions: neither waits for more.
        Cut::Reset => {
            SockRef::from(client).set_linger(Some(Duration::ZERO))?;
            client.shutdown(Shutdown::Read).and(server.shutdown(Shutdown::Both))
        }
        Cut::Silence => Ok(()),
    };
    thread::scope(|scope| {
        scope.spawn(|| pass(client, server, fails(true), fail));
        pass(server, client, fails(false), fail);
    });
}

/// Carries bytes to the end, or to where the line fails; from there on they are read and lost.
fn pass(mut from: &TcpStream, mut to: &TcpStream, line: Option<Line>, fail: impl Fn(Cut) -> io::Result<()>) {
    let most = line.map_or(u64::MAX, |line| line.passes);
    let mut passing = from.take(most);
    // Whatever becomes of either end, the rest is read.
    let _ = io::copy(&mut passing, &mut to);
    if let Some(line) = line.filter(|_| passing.limit() == 0) {
        let _ = fail(line.cut);
    }
    let _ = io::copy(&mut from, &mut io::sink());
    let _ = to.shutdown(Shutdown::Write);
}

/// One call over a cut line.
struct Case {
    front: Front,
    call: Call,
    /// Whether check and call share a connection.
    kept: bool,
    lines: Vec<Option<Line>>,
    framing: u8,
}

impl Case {
    fn random(mut rng: Rng) -> Case {
        let front = Front::ALL[rng.usize(..3)];
        let kept = front.reuses() && rng.bool();
        let cut = [Cut::Close, Cut::Reset, Cut::Silence][rng.usize(..3)];
        // A little more than what passes if nothing fails, handshake included.
        let most = if front == Front::Plain { 650 } else { 1_250 };
        let line = Some(Line { cut, up: rng.bool(), passes: rng.u64(..most) });
        // With two connections, either one is cut.
        let lines = if kept || rng.bool() { vec![line] } else { vec![None, line] };
        Case { front, call: Call::BOTH[rng.usize(..2)], kept, lines, framing: rng.u8(..4) }
    }

    /// What became of it, and how many calls the server received.
    fn play(self) -> (Outcome, usize) {
        let Case { front, kept, framing, .. } = self;
        let server = Server::play(move |connection: &mut Connection| {
            front.greet(connection)?;
            if kept {
                answer(connection)?;
            }
            reply(connection, |json| match framing {
                _ if json.contains("Token invalide") => response_with(200, CLOSE, json),
                0 => format!("HTTP/1.1 200 OK\r\n{CLOSE}\r\n{json}").into_bytes(),
                1 => {
                    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
                    format!("{head}{:x}\r\n{json}\r\n0\r\n\r\n", json.len()).into_bytes()
                }
                2 => response(500, &secret()),
                _ => response(200, json),
            })
        });
        let line = line_to(server.address, self.lines);
        let caller = front.caller(line.address, TIMEOUT);
        let outcome = judge::call(TIMEOUT, &server, || caller.ends_with(self.call));
        line.finish();
        (outcome, server.calls().len())
    }
}

#[test]
fn a_line_that_is_cut_at_any_byte_sends_at_most_one_call_and_none_that_was_not_sent() {
    let seed = seed();
    let counts = Mutex::new(BTreeMap::<String, usize>::new());
    thread::scope(|scope| {
        for numbers in (0..THREADS).map(|first| (first as u64..CASES).step_by(THREADS)) {
            let counts = &counts;
            scope.spawn(move || {
                for number in numbers {
                    let (outcome, calls) = Case::random(Rng::with_seed(seed.wrapping_add(number))).play();
                    // One byte of the body counts as received; and an answered call was received.
                    let answered = ["success", "UnexpectedReply"].contains(&&*outcome.what);
                    let is_sound = calls <= 1 && (calls == 1 || !answered);
                    assert!(is_sound, "case {number} of {seed}: {}, {calls} calls received", outcome.what);
                    *counts.lock().unwrap().entry(outcome.what).or_default() += 1;
                }
            });
        }
    });
    let counts = counts.into_inner().unwrap();
    println!("{CASES} calls over cut lines: {counts:?}");
    // A run where nothing fails, or nothing works, proves nothing.
    for outcome in ["success", "Transport: not sent", "Transport: may have arrived", "UnexpectedReply"] {
        assert!(counts.get(outcome).is_some_and(|count| *count > 40), "{outcome}: {counts:?}");
    }
}
