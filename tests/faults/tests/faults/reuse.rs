//! Rows 12, 13, 34 and 37: connections used again, and many at once.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use std::net::SocketAddr;
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use ekolopay_faults::replies::response;
use ekolopay_faults::{Call, FaultServer, Received, Script, Step};
use fastrand::Rng;

use crate::delivery::SEED;
use crate::fault::{Caller, Front};
use crate::judge;

const TIMEOUT: Duration = Duration::from_secs(20);

#[track_caller]
fn succeeds(caller: &Caller, call: Call) {
    judge::is(&caller.call(call), "success");
}

/// A step, and a way to wait until it is reached and the client's kernel knows what the server did before.
fn reached() -> (Step, impl Fn()) {
    let (sender, receiver) = channel();
    let wait = move || {
        receiver.recv().unwrap();
        thread::sleep(Duration::from_millis(50));
    };
    (Step::Do(Arc::new(move || sender.send(()).unwrap())), wait)
}

/// Calls to a server with these scripts: what it received.
fn session(
    front: Front,
    scripts: impl IntoIterator<Item = Script, IntoIter: Send + 'static>,
    calls: impl FnOnce(&Caller, SocketAddr),
) -> Received {
    let others = iter::repeat_with(move || vec![Step::Serve]);
    let server = FaultServer::start(scripts.into_iter().chain(others).map(move |script| front.then(script)));
    let caller = front.caller(server.address(), TIMEOUT);
    calls(&caller, server.address());
    caller.end();
    let received = server.finish();
    judge::bodies(&received);
    received
}

/// Makes calls in this many threads. Neighbours ask about paid orders, about unpaid ones, and for tokens of their own.
fn in_threads<C: FnMut(Call) + Send>(threads: usize, calls: u64, caller: impl Fn() -> C) {
    thread::scope(|scope| {
        for numbers in (0..threads).map(|first| (first as u64..calls).step_by(threads)) {
            let calls = numbers.map(|n| if n % 3 == 0 { Call::Token(n + 1) } else { Call::Payment(n) });
            let make = caller();
            scope.spawn(|| calls.for_each(make));
        }
    });
}

#[test]
fn row_12_idle_connection_closed() {
    for front in Front::ALL {
        for end in [Step::HangUp, Step::Reset] {
            let (closed, wait) = reached();
            let script = iter::repeat_n(Step::Answer(""), 4).chain([end, closed]).collect();
            let received = session(front, [script], |caller, _| {
                succeeds(caller, Call::Payment(0));
                succeeds(caller, Call::Payment(2));
                wait();
                succeeds(caller, Call::Payment(1));
            });
            assert_eq!((received.connections, received.calls().len()), (2, 3));
        }
    }
}

fn closing_races_with(front: Front, calls: u64) {
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
    let received = session(front, scripts, |caller, server| {
        in_threads(4, calls, || {
            let caller = caller.another(front, server, TIMEOUT);
            let outcomes = &outcomes;
            move |call| {
                let outcome = caller.call(call);
                judge::outcome(&outcome);
                assert!(!outcome.answered(), "{}", outcome.texts);
                outcomes.lock().unwrap().push((call, outcome));
            }
        });
    });
    let arrived: BTreeSet<_> = received.calls().into_iter().filter_map(Call::of).collect();
    let mut counts = BTreeMap::<String, usize>::new();
    for (call, outcome) in outcomes.into_inner().unwrap() {
        let is_sound = outcome.may_have_arrived() || outcome.not_sent() != arrived.contains(&call);
        assert!(is_sound, "{call:?}: {}", outcome.what);
        *counts.entry(outcome.what).or_default() += 1;
    }
    let (calls_arrived, connections) = (arrived.len(), received.connections);
    println!("{front:?}: {counts:?}; {calls_arrived} bodies arrived, none twice, on {connections} connections");
    assert!(counts["success"] as u64 > calls / 5, "{counts:?}");
}

#[test]
fn row_13_closing_races_with_5000_calls() {
    closing_races_with(Front::Plain, 5_000);
}

#[test]
fn row_13_closing_races_with_tls() {
    closing_races_with(Front::Tls, 1_000);
}

#[test]
fn row_13_closing_races_through_a_proxy() {
    closing_races_with(Front::Proxy, 1_000);
}

#[test]
fn row_34_extra_bytes_after_a_reply() {
    // A complete answer that nobody asked for, wrong for every call made here.
    let paid = r#"{"response":{"API_RESPONSE_CODE":200,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":true}}}}"#;
    let long = format!("{paid}{}", " ".repeat(60 << 10));
    for front in Front::ALL {
        for extra in [response(200, "", paid), response(200, "", &long), b"\r\n".to_vec(), b"{}".to_vec()] {
            // With the check's reply, with the call's, and after the call's, while the connection is idle.
            for after in 1..=3 {
                let extra = extra.clone();
                let (written, wait) = reached();
                let mut script = vec![Step::Answer(""); after - 1];
                script.extend(match after {
                    1 | 2 => {
                        [Step::Request, Step::reply(move |json| [response(200, "", json), extra.clone()].concat())]
                    }
                    _ => [Step::Pause(Duration::from_millis(50)), Step::reply(move |_| extra.clone())],
                });
                script.extend([written, Step::Serve]);
                session(front, [script], |caller, _| {
                    succeeds(caller, Call::Payment(1));
                    wait();
                    succeeds(caller, Call::Payment(3));
                });
            }
        }
    }
}

#[test]
fn row_37_64_threads_on_one_gateway() {
    const THREADS: usize = 64;
    const ROUNDS: usize = 50;
    let barrier = Barrier::new(THREADS);
    let received = session(Front::Plain, [], |caller, server| {
        in_threads(THREADS, (THREADS * ROUNDS) as u64, || {
            let (caller, barrier) = (caller.another(Front::Plain, server, TIMEOUT), &barrier);
            move |call| {
                barrier.wait();
                succeeds(&caller, call);
            }
        });
    });
    assert_eq!(received.calls().len(), THREADS * ROUNDS);
    assert!(received.connections <= THREADS, "{} connections", received.connections);
}
