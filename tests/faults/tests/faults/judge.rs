//! What holds for every fault.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Mutex, Once};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_faults::{CallOutcome, FaultServer, Received, logs};
use ekolopay_test_kit::assert_hidden;

/// A busy machine may take this much longer than asked.
const SLACK: Duration = Duration::from_secs(3);

/// The longest time that the process or the machine stood still, which is not the client's fault.
pub(crate) fn stall() -> Duration {
    const BEAT: Duration = Duration::from_millis(100);
    static STALL: Mutex<Duration> = Mutex::new(Duration::ZERO);
    static WATCH: Once = Once::new();

    WATCH.call_once(|| {
        thread::spawn(|| {
            loop {
                let start = Instant::now();
                thread::sleep(BEAT);
                let mut stall = STALL.lock().unwrap();
                *stall = start.elapsed().saturating_sub(BEAT).max(*stall);
            }
        });
    });
    *STALL.lock().unwrap()
}

/// How much longer than its timeout a call may take.
pub(crate) fn slack() -> Duration {
    SLACK + stall()
}

/// Makes one call to the server, which is then finished: the outcome, and what the server received.
#[track_caller]
pub(crate) fn call(
    timeout: Duration,
    server: FaultServer,
    make: impl FnOnce(SocketAddr) -> CallOutcome,
) -> (CallOutcome, Received) {
    let start = Instant::now();
    let outcome = make(server.address());
    let lasted = start.elapsed();
    let received = server.finish();
    let what = &outcome.what;
    assert!(lasted < timeout * 2 + slack(), "{what} after {lasted:?}, the timeout being {timeout:?}");
    if what.contains("timeout") {
        assert!(lasted + Duration::from_millis(10) >= timeout, "{what} after {lasted:?} already");
    }
    self::outcome(&outcome);
    bodies(&received);
    let checks = received.requests.iter().filter(|request| request.is_check()).count();
    assert!(checks <= 1, "{what}, and the check is repeated: {received:?}");
    assert!(
        !outcome.not_sent() || received.calls().is_empty(),
        "{what}, but the server received {:?}",
        received.calls()
    );
    (outcome, received)
}

/// No reply is mistaken for another, and the secret is in no error and no log.
#[track_caller]
pub(crate) fn outcome(outcome: &CallOutcome) {
    assert_ne!(outcome.what, "wrong reply");
    assert_hidden(&format!("{} {}", outcome.what, outcome.texts));
    let leaks = logs::seen().leaks;
    assert!(leaks.is_empty(), "the log shows the secret: {leaks:#?}");
}

/// The same, and this is what became of the call.
#[track_caller]
pub(crate) fn is(outcome: &CallOutcome, expected: &str) {
    self::outcome(outcome);
    assert_eq!(outcome.what, expected, "{}", outcome.texts);
}

/// No body arrived twice; the calls to one server all differ.
#[track_caller]
pub(crate) fn bodies(received: &Received) {
    let mut different = BTreeSet::new();
    for call in received.calls() {
        assert!(different.insert((&call.target, &call.body)), "received twice: {call:?}");
    }
}
