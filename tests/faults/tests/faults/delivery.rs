//! `Delivery` is true wherever the line is cut, at any byte, plain or encrypted.
//!
//! The line is cut between the client and a server that works, so that the server knows what it received.
//! `EKOLOPAY_FAULTS_SEED` replays the cases of an earlier run.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay::Delivery;
use ekolopay_faults::replies::response;
use ekolopay_faults::{Call, CallOutcome, Cut, Cutter, Direction, FaultServer, Line, Received, Script, Step, Then};
use ekolopay_test_kit::secret;
use fastrand::Rng;

use crate::fault::{Front, gateway, reply};
use crate::judge;
use crate::seed::SEED;

const CASES: u64 = 2_500;

/// They mostly wait for a stalled line.
const THREADS: usize = 16;

const TIMEOUT: Duration = Duration::from_millis(500);

/// How a gateway is reached, whether check and call share a connection, and how many bytes go up and down on it if
/// nothing fails, handshake included.
type Length = (Front, bool, [u64; 2]);

/// One call over a cut line, chosen at random.
struct Case {
    front: Front,
    call: Call,
    /// Whether check and call share a connection.
    kept: bool,
    lines: Vec<Option<Line>>,
    framing: u8,
}

impl Case {
    fn uncut(front: Front, kept: bool) -> Case {
        Case { front, call: Call::Token(150_000), kept, lines: vec![], framing: 3 }
    }

    fn random(rng: &mut Rng, lengths: &[Length]) -> Case {
        let (front, kept, [up, down]) = lengths[rng.usize(..lengths.len())];
        let cut = [Cut::Close, Cut::Reset, Cut::Stall][rng.usize(..3)];
        let (direction, bytes) = if rng.bool() { (Direction::Up, up) } else { (Direction::Down, down) };
        let line = Some(Line { cut, direction, passes: rng.u64(..=bytes) });
        // With two connections, either one is cut.
        let lines = if kept || rng.bool() { vec![line] } else { vec![None, line] };
        let call = if rng.bool() { Call::Token(150_000) } else { Call::Payment(0) };
        Case { front, call, kept, lines, framing: rng.u8(..4) }
    }

    /// The server's side of a connection: the check, then the call, or one of them.
    fn script(&self) -> Script {
        let framing = self.framing;
        let answer = move |json: &str| match framing {
            0 => format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{json}").into_bytes(),
            1 => {
                format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{json}\r\n0\r\n\r\n", json.len())
                    .into_bytes()
            }
            2 => response(500, "", &secret()),
            _ => response(200, "", json),
        };
        let check = if self.kept { "" } else { "Connection: close\r\n" };
        let mut script = self.front.greeting();
        script.push(Step::Request);
        script.push(reply(
            move |json| if json.contains("Token invalide") { response(200, check, json) } else { answer(json) },
        ));
        if self.kept {
            script.push(Step::Request);
            script.push(reply(answer));
        }
        script
    }

    fn play(self) -> Played {
        let scripts = (0..2).map(|_| self.script()).collect();
        let server = FaultServer::start("127.0.0.1", scripts, Then::Play(Box::new(|| vec![Step::Serve]))).unwrap();
        let line = Cutter::start(server.address(), self.lines).unwrap();
        let scheme = if self.front == Front::Tls { "https" } else { "http" };
        let gateway = gateway(&format!("{scheme}://{}", line.address()), TIMEOUT);
        let start = Instant::now();
        let outcome = self.call.make(&gateway);
        let lasted = start.elapsed();
        drop(gateway);
        Played { outcome, lasted, carried: line.finish(), received: server.finish() }
    }
}

struct Played {
    outcome: CallOutcome,
    lasted: Duration,
    /// By each connection, up and down.
    carried: Vec<[u64; 2]>,
    received: Received,
}

fn length(front: Front, kept: bool) -> Length {
    let uncut = Case::uncut(front, kept).play();
    assert_eq!(uncut.outcome.to_string(), "success", "{}", uncut.outcome.texts);
    assert_eq!(uncut.carried.len(), if kept { 1 } else { 2 });
    // The last connection is the call's, with the longer body.
    (front, kept, uncut.carried[uncut.carried.len() - 1])
}

#[test]
fn delivery_is_sound_at_every_byte() {
    let seed = *SEED;
    let ways = [(Front::Plain, true), (Front::Plain, false), (Front::Tls, true), (Front::Tls, false)];
    let lengths = ways.map(|(front, kept)| length(front, kept));
    let next = AtomicU64::new(0);
    let counts = Mutex::new(BTreeMap::<String, usize>::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= CASES {
                        return;
                    }
                    let case = Case::random(&mut Rng::with_seed(seed.wrapping_add(number)), &lengths);
                    let Played { outcome, lasted, received, .. } = case.play();
                    judge::call(&outcome, lasted, TIMEOUT, &received);
                    // One byte of the body counts as received; and an answered call was received.
                    let calls = received.calls().len();
                    let answered = outcome.delivery.is_none_or(|delivery| delivery == Delivery::Answered);
                    assert!(
                        calls <= 1 && (calls == 1 || !answered),
                        "case {number} of {seed}: {outcome}, {received:?}"
                    );
                    *counts.lock().unwrap().entry(outcome.to_string()).or_default() += 1;
                }
            });
        }
    });
    let counts = counts.into_inner().unwrap();
    println!("{CASES} calls over cut lines: {counts:?}; bytes up and down {:?}", lengths.map(|(.., bytes)| bytes));
    // A run where nothing fails, or nothing works, proves nothing.
    for outcome in ["success", "Transport: NotSent", "Transport: Unknown", "UnexpectedReply: Answered"] {
        assert!(counts.get(outcome).is_some_and(|count| *count > 50), "{outcome}: {counts:?}");
    }
}
