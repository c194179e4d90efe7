//! Connections used again, and many at once.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use ekolopay_faults::Call;
use ekolopay_faults::service::{answer, request, serve};
use ekolopay_test_kit::{Connection, Script, Server, response};
use fastrand::Rng;
#[cfg(target_os = "linux")]
use socket2::SockRef;

use crate::fault::{Caller, Front, TIMEOUT, reset};
use crate::judge;

/// The seed of a random test: `EKOLOPAY_FAULTS_SEED`, or a random number that is printed.
pub(crate) fn seed() -> u64 {
    let given = env::var("EKOLOPAY_FAULTS_SEED").ok();
    let seed = given.map_or_else(|| fastrand::u64(..), |seed| seed.parse().expect("the seed is a number"));
    println!("EKOLOPAY_FAULTS_SEED={seed}");
    seed
}

/// Calls by some callers to a server with this script, which begins where the first request is about to arrive.
fn session(front: Front, script: impl Script, callers: usize, calls: impl FnOnce(&[Caller])) -> Server {
    let server = Server::play(move |connection| front.greet(connection).and_then(|()| script(connection)));
    let first = front.caller(server.address, TIMEOUT);
    let others = (1..callers).map(|_| match &first {
        Caller::Here(gateway) => Caller::Here(gateway.clone()),
        Caller::Process(_) => front.caller(server.address, TIMEOUT),
    });
    let others: Vec<_> = others.collect();
    let callers: Vec<_> = [first].into_iter().chain(others).collect();
    calls(&callers);
    callers.into_iter().for_each(Caller::end);
    judge::finish(&server);
    server
}

/// Makes this many calls. Neighbours ask about paid orders, about unpaid ones, and for tokens of their own.
fn at_once(callers: &[Caller], calls: u64, make: impl Fn(&Caller, Call) + Sync) {
    thread::scope(|scope| {
        for (caller, first) in callers.iter().zip(0..) {
            let numbers = (first..calls).step_by(callers.len());
            let calls = numbers.map(|n| if n % 3 == 0 { Call::Token(n + 1) } else { Call::Payment(n) });
            let make = &make;
            scope.spawn(move || calls.for_each(|call| make(caller, call)));
        }
    });
}

fn succeeds(caller: &Caller, call: Call) {
    judge::is(&caller.call(call), "success");
}

/// Waits until the script of the first connection is here, and the client's kernel knows what the server did before.
fn wait_for(reached: &Receiver<()>) {
    reached.recv().unwrap();
    thread::sleep(Duration::from_millis(50));
}

#[test]
fn an_idle_connection_that_was_closed_is_not_used() {
    for front in Front::ALL.into_iter().filter(|front| front.reuses()) {
        for end in [Connection::hang_up, reset] {
            let (closed, is_closed) = channel();
            let script = move |connection: &mut Connection| {
                if connection.number > 0 {
                    return serve(connection);
                }
                (0..4).try_for_each(|_| answer(connection))?;
                end(connection)?;
                closed.send(()).map_err(io::Error::other)
            };
            let server = session(front, script, 1, |callers| {
                succeeds(&callers[0], Call::Payment(0));
                succeeds(&callers[0], Call::Payment(2));
                wait_for(&is_closed);
                succeeds(&callers[0], Call::Payment(1));
            });
            assert_eq!((server.connections(), server.calls().len()), (2, 3), "{front:?}");
        }
    }
}

/// A reply that nobody asked for, and that is wrong for every call made here: with the check's reply, with the call's, or
/// after the call's, while the connection is idle.
fn stray_bytes(front: Front, write: fn(&mut Connection, &[u8], &[u8]) -> io::Result<()>) {
    let paid = r#"{"response":{"API_RESPONSE_CODE":200,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":true}}}}"#;
    for stray in [response(200, paid), response(200, &(paid.to_owned() + &" ".repeat(60 << 10))), b"\r\n".to_vec()] {
        for after in 1..=if front.reuses() { 3 } else { 1 } {
            let (stray, (written, is_written)) = (stray.clone(), channel());
            let script = move |connection: &mut Connection| {
                if connection.number > 0 {
                    return serve(connection);
                }
                (1..after).try_for_each(|_| answer(connection))?;
                if after == 3 {
                    thread::sleep(Duration::from_millis(20));
                    connection.write(&stray)?;
                } else {
                    let json = request(connection)?;
                    write(connection, &response(200, &json), &stray)?;
                }
                written.send(()).map_err(io::Error::other)?;
                serve(connection)
            };
            session(front, script, 1, |callers| {
                succeeds(&callers[0], Call::Payment(1));
                wait_for(&is_written);
                succeeds(&callers[0], Call::Payment(3));
            });
        }
    }
}

#[test]
fn stray_bytes_after_a_reply_are_never_the_next_one() {
    for front in Front::ALL {
        stray_bytes(front, |connection, reply, stray| connection.write(&[reply, stray].concat()));
    }
}

/// They arrive together: ureq has read them before its pool looks.
#[cfg(target_os = "linux")]
#[test]
fn stray_bytes_in_a_tls_record_of_their_own_are_never_the_next_reply() {
    for front in [Front::Tls, Front::Proxy] {
        stray_bytes(front, |connection, reply, stray| {
            SockRef::from(connection.socket()?).set_tcp_cork(true)?;
            connection.write(reply)?;
            connection.write(stray)?;
            SockRef::from(connection.socket()?).set_tcp_cork(false)
        });
    }
}

/// The server closes up to 600 µs after an answer, often between the client's look at an idle connection and its write.
fn closing_races_with(front: Front, calls: u64, seed: u64) {
    let script = move |connection: &mut Connection| {
        let mut rng = Rng::with_seed(seed.wrapping_add(connection.number as u64));
        // Some connections are closed after the check, some after the call.
        (0..rng.u8(1..=2)).try_for_each(|_| answer(connection))?;
        thread::sleep(Duration::from_micros(rng.u64(..600)));
        // Otherwise it is closed too, but still reads.
        if rng.bool() { connection.hang_up() } else { Ok(()) }
    };
    let outcomes = Mutex::new(Vec::new());
    let server = session(front, script, 4, |callers| {
        at_once(callers, calls, |caller, call| {
            let outcome = caller.call(call);
            judge::outcome(&outcome);
            outcomes.lock().unwrap().push((call, outcome));
        });
    });
    let arrived: BTreeSet<_> = server.calls().iter().filter_map(Call::of).collect();
    let mut counts = BTreeMap::<String, u64>::new();
    for (call, outcome) in outcomes.into_inner().unwrap() {
        let is_sound = match &*outcome.what {
            "success" => arrived.contains(&call),
            "Transport: not sent" => !arrived.contains(&call),
            what => what == "Transport: may have arrived",
        };
        assert!(is_sound, "{call:?}: {}", outcome.what);
        *counts.entry(outcome.what).or_default() += 1;
    }
    println!("{front:?}: {counts:?}; {} bodies arrived, none twice", arrived.len());
    assert!(counts["success"] > calls / 5, "{counts:?}");
}

#[test]
fn closing_races_with_calls_and_no_body_arrives_twice() {
    let seed = seed();
    thread::scope(|scope| {
        for (front, calls) in [(Front::Plain, 5_000), (Front::Tls, 1_000), (Front::Proxy, 500)] {
            scope.spawn(move || closing_races_with(front, calls, seed));
        }
    });
}

#[test]
fn threads_share_a_gateway_and_no_reply_is_crossed() {
    const THREADS: usize = 64;
    const CALLS: usize = THREADS * 50;
    let server = session(Front::Plain, serve, THREADS, |callers| at_once(callers, CALLS as u64, succeeds));
    assert_eq!(server.calls().len(), CALLS);
    assert!(server.connections() <= THREADS, "{}", server.connections());
}
