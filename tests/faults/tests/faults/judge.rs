//! What holds for every fault.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay::Delivery;
use ekolopay_faults::{CallOutcome, FaultServer, Received, logs};
use ekolopay_test_kit::assert_hidden;

/// A busy machine may take this much longer than asked.
const SLACK: Duration = Duration::from_secs(3);

/// The longest time in milliseconds that the process or the machine stood still, which is not the client's fault.
static STALL: LazyLock<Arc<AtomicU64>> = LazyLock::new(|| {
    const BEAT: Duration = Duration::from_millis(100);

    let stall = Arc::new(AtomicU64::new(0));
    let longest = Arc::clone(&stall);
    thread::spawn(move || {
        loop {
            let start = Instant::now();
            thread::sleep(BEAT);
            let late = start.elapsed().saturating_sub(BEAT).as_millis();
            longest.fetch_max(u64::try_from(late).unwrap_or(u64::MAX), Ordering::SeqCst);
        }
    });
    stall
});

/// The longest time that the machine stood still.
pub(crate) fn stall() -> Duration {
    Duration::from_millis(STALL.load(Ordering::SeqCst))
}

/// How much longer than its timeout a call may take.
pub(crate) fn slack() -> Duration {
    SLACK + stall()
}

/// Makes one call to the server at the given address: its outcome, and what the server received.
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
    assert!(lasted < timeout * 2 + slack(), "{outcome} after {lasted:?}, the timeout being {timeout:?}");
    if outcome.what.contains("timeout") {
        assert!(lasted + Duration::from_millis(10) >= timeout, "{outcome} after {lasted:?} already");
    }
    self::outcome(&outcome);
    bodies(&received);
    let checks = received.requests().iter().filter(|request| request.is_check()).count();
    assert!(checks <= 1, "{outcome}, and the check is repeated: {received:?}");
    let not_sent = outcome.is(Delivery::NotSent) && outcome.what != "Unavailable";
    assert!(!not_sent || received.calls().is_empty(), "{outcome}, but the server received {:?}", received.calls());
    (outcome, received)
}

/// No reply is mistaken for another, and the secret is in no error and no log.
#[track_caller]
pub(crate) fn outcome(outcome: &CallOutcome) {
    assert_ne!(outcome.what, "wrong reply");
    assert_hidden(&format!("{outcome} {}", outcome.texts));
    let leaks = logs::leaks();
    assert!(leaks.is_empty(), "the log shows the secret: {leaks:#?}");
}

/// The same, and this is what became of the call.
#[track_caller]
pub(crate) fn is(outcome: &CallOutcome, expected: &str) {
    self::outcome(outcome);
    assert_eq!(outcome.to_string(), expected, "{}", outcome.texts);
}

/// No body arrived twice; the calls to one server all differ.
#[track_caller]
pub(crate) fn bodies(received: &Received) {
    let mut different = BTreeSet::new();
    for call in received.calls() {
        assert!(different.insert((call.target.clone(), call.body.clone())), "received twice: {call:?}");
    }
}
