//! Rows 12, 13, 34 and 37: connections used again, and many at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::iter;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use ekolopay::{Delivery, Gateway};
use ekolopay_faults::replies::response;
use ekolopay_faults::{Call, FaultServer, Received, Script, Step};
use fastrand::Rng;

use crate::delivery::SEED;
use crate::fault::gateway;
use crate::judge;

const TIMEOUT: Duration = Duration::from_secs(20);

#[track_caller]
fn succeeds(gateway: &Gateway, call: Call) {
    judge::is(&call.make(gateway), "success");
}

/// A step, and a way to wait until it is reached.
fn reached() -> (Step, Receiver<()>) {
    let (sender, receiver) = channel();
    (Step::Do(Arc::new(move || sender.send(()).unwrap())), receiver)
}

/// Waits until the client's kernel knows what the server did last: the end of a connection, or bytes to be read.
fn until_the_client_knows(server: SocketAddr) {
    // Connected to this port, established, both queues empty.
    let is_idle = format!(":{:04X} 01 00000000:00000000", server.port());
    while fs::read_to_string("/proc/net/tcp").unwrap().contains(&is_idle) {
        thread::yield_now();
    }
}

/// Calls to a server with these scripts: what it received.
fn session(
    scripts: impl IntoIterator<Item = Script, IntoIter: Send + 'static>,
    calls: impl FnOnce(&Gateway, SocketAddr),
) -> Received {
    let server = FaultServer::start(scripts);
    let gateway = gateway(&server.origin(), TIMEOUT);
    calls(&gateway, server.address());
    drop(gateway);
    let received = server.finish();
    judge::bodies(&received);
    received
}

/// Makes calls in this many threads. Neighbours ask about paid orders, about unpaid ones, and for tokens of their own.
fn in_threads(threads: usize, calls: u64, make: impl Fn(Call) + Sync) {
    thread::scope(|scope| {
        for numbers in (0..threads).map(|first| (first as u64..calls).step_by(threads)) {
            let calls = numbers.map(|n| if n % 3 == 0 { Call::Token(n + 1) } else { Call::Payment(n) });
            scope.spawn(|| calls.for_each(&make));
        }
    });
}

#[test]
fn row_12_idle_connection_closed() {
    for end in [Step::HangUp, Step::Reset] {
        let (closed, is_closed) = reached();
        let script = vec![Step::Answer(""), Step::Answer(""), Step::Answer(""), Step::Answer(""), end, closed];
        let received = session([script], |gateway, server| {
            succeeds(gateway, Call::Payment(0));
            succeeds(gateway, Call::Payment(2));
            is_closed.recv().unwrap();
            until_the_client_knows(server);
            succeeds(gateway, Call::Payment(1));
        });
        assert_eq!((received.connections, received.calls().len()), (2, 3));
    }
}

#[test]
fn row_13_closing_races_with_5000_calls() {
    let mut rng = Rng::with_seed(*SEED);
    let scripts = iter::repeat_with(move || {
        // Some connections are closed after the check, some after the call.
        let mut script = vec![Step::Answer(""); rng.usize(1..=2)];
        script.push(Step::Pause(Duration::from_micros(rng.u64(..600))));
        // Otherwise it is closed too, but still reads.
        script.extend(rng.bool().then_some(Step::HangUp));
        script
    });
    let outcomes = Mutex::new(Vec::new());
    let received = session(scripts, |gateway, _| {
        in_threads(4, 5_000, |call| {
            let outcome = call.make(gateway);
            judge::outcome(&outcome);
            assert!(!outcome.is(Delivery::Answered), "{}", outcome.texts);
            outcomes.lock().unwrap().push((call, outcome));
        });
    });
    let arrived: BTreeSet<_> = received.calls().into_iter().filter_map(Call::of).collect();
    let mut counts = BTreeMap::<String, usize>::new();
    for (call, outcome) in outcomes.into_inner().unwrap() {
        let is_sound = outcome.is(Delivery::Unknown) || outcome.is(Delivery::NotSent) != arrived.contains(&call);
        assert!(is_sound, "{call:?}: {}", outcome.what);
        *counts.entry(outcome.what).or_default() += 1;
    }
    let (calls, connections) = (arrived.len(), received.connections);
    println!("{counts:?}; {calls} bodies arrived, none twice, on {connections} connections");
    assert!(counts["success"] > 1_000, "{counts:?}");
}

#[test]
fn row_34_extra_bytes_after_a_reply() {
    // A complete answer that nobody asked for, wrong for every call made here.
    let paid = r#"{"response":{"API_RESPONSE_CODE":200,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":true}}}}"#;
    for extra in [response(200, "", paid), b"\r\n".to_vec(), b"{}".to_vec()] {
        // With the check's reply, with the call's, and after the call's, while the connection is idle.
        for after in 1..=3 {
            let extra = extra.clone();
            let (written, is_written) = reached();
            let mut script = vec![Step::Answer(""); after - 1];
            script.extend(match after {
                1 | 2 => [Step::Request, Step::reply(move |json| [response(200, "", json), extra.clone()].concat())],
                _ => [Step::Pause(Duration::from_millis(50)), Step::reply(move |_| extra.clone())],
            });
            script.extend([written, Step::Serve]);
            session([script], |gateway, server| {
                succeeds(gateway, Call::Payment(1));
                is_written.recv().unwrap();
                if after == 3 {
                    until_the_client_knows(server);
                }
                succeeds(gateway, Call::Payment(3));
            });
        }
    }
}

#[test]
fn row_37_64_threads_on_one_gateway() {
    const THREADS: usize = 64;
    const ROUNDS: usize = 50;
    let barrier = Barrier::new(THREADS);
    let received = session([], |gateway, _| {
        in_threads(THREADS, (THREADS * ROUNDS) as u64, |call| {
            barrier.wait();
            succeeds(&gateway.clone(), call);
        });
    });
    assert_eq!(received.calls().len(), THREADS * ROUNDS);
    assert!(received.connections <= THREADS, "{} connections", received.connections);
}
