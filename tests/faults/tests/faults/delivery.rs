//! What an error says about the call is true wherever the line is cut, at any byte, plain, encrypted or through a proxy.
//!
//! The line is cut between the client and a server that works, so that the server knows what it received.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, Write};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use ekolopay_faults::replies::response;
use ekolopay_faults::{Call, CallOutcome, Cut, FaultServer, Line, Received, Script, Step, line_to};
use ekolopay_test_kit::secret;
use fastrand::Rng;

use crate::fault::Front;
use crate::judge;

/// The seed of the random tests: `EKOLOPAY_FAULTS_SEED`, or a random number that is printed.
pub(crate) static SEED: LazyLock<u64> = LazyLock::new(|| {
    let given = env::var("EKOLOPAY_FAULTS_SEED").ok();
    let seed = given.map_or_else(|| fastrand::u64(..), |seed| seed.parse().expect("the seed is a number"));
    // Unlike println!, also where a test that passes shows no output.
    let _ = writeln!(io::stderr(), "EKOLOPAY_FAULTS_SEED={seed}");
    seed
});

const CASES: u64 = 2_500;

/// They mostly wait for a stalled line.
const THREADS: usize = 16;

const TIMEOUT: Duration = Duration::from_millis(500);

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

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
    fn random(rng: &mut Rng, lengths: &[Length]) -> Case {
        let (front, kept, [up, down]) = lengths[rng.usize(..lengths.len())];
        let cut = [Cut::Close, Cut::Reset, Cut::Stall][rng.usize(..3)];
        let is_up = rng.bool();
        let line = Some(Line { cut, up: is_up, passes: rng.u64(..=if is_up { up } else { down }) });
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
            1 => [CHUNKED, &format!("{:x}\r\n{json}\r\n0\r\n\r\n", json.len())].concat().into_bytes(),
            2 => response(500, "", secret()),
            _ => response(200, "", json),
        };
        if self.kept {
            return self.front.then([Step::Answer(""), Step::Request, Step::reply(answer)]);
        }
        let either = move |json: &str| {
            if json.contains("Token invalide") { response(200, "Connection: close\r\n", json) } else { answer(json) }
        };
        self.front.then([Step::Request, Step::reply(either)])
    }

    /// What became of it, what the server received, and how many bytes each connection carried up and down.
    fn play(self) -> (CallOutcome, Received, Vec<[u64; 2]>) {
        let server = FaultServer::start([self.script(), self.script()]);
        let line = line_to(server.address(), self.lines);
        let caller = self.front.caller(line.address(), TIMEOUT);
        let (outcome, received) = judge::call(TIMEOUT, server, move |_| {
            let outcome = caller.call(self.call);
            caller.end();
            outcome
        });
        (outcome, received, line.finish())
    }
}

fn length(front: Front, kept: bool) -> Length {
    let uncut = Case { front, call: Call::Token(150_000), kept, lines: vec![], framing: 3 };
    let (outcome, _, carried) = uncut.play();
    judge::is(&outcome, "success");
    assert_eq!(carried.len(), if kept { 1 } else { 2 });
    // The last connection is the call's, with the longer body.
    (front, kept, carried[carried.len() - 1])
}

#[test]
fn delivery_is_sound_at_every_byte() {
    let seed = *SEED;
    let ways = Front::ALL.iter().flat_map(|front| [(*front, true), (*front, false)]);
    let lengths: Vec<_> = ways.map(|(front, kept)| length(front, kept)).collect();
    let counts = Mutex::new(BTreeMap::<String, usize>::new());
    thread::scope(|scope| {
        for numbers in (0..THREADS).map(|first| (first as u64..CASES).step_by(THREADS)) {
            let (lengths, counts) = (&lengths, &counts);
            scope.spawn(move || {
                for number in numbers {
                    let case = Case::random(&mut Rng::with_seed(seed.wrapping_add(number)), lengths);
                    let (outcome, received, _) = case.play();
                    // One byte of the body counts as received; and an answered call was received.
                    let calls = received.calls().len();
                    let answered = outcome.what == "success" || outcome.answered();
                    let is_sound = calls <= 1 && (calls == 1 || !answered);
                    assert!(is_sound, "case {number} of {seed}: {}, {received:?}", outcome.what);
                    *counts.lock().unwrap().entry(outcome.what).or_default() += 1;
                }
            });
        }
    });
    let counts = counts.into_inner().unwrap();
    println!(
        "{CASES} calls over cut lines: {counts:?}; bytes up and down {:?}",
        lengths.iter().map(|(.., bytes)| bytes).collect::<Vec<_>>()
    );
    // A run where nothing fails, or nothing works, proves nothing.
    for outcome in ["success", "Transport: not sent", "Transport: may have arrived", "UnexpectedReply"] {
        assert!(counts.get(outcome).is_some_and(|count| *count > 50), "{outcome}: {counts:?}");
    }
}
