//! What must hold whatever the fault is.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay::Delivery;
use ekolopay_faults::{CallOutcome, Received, logs};
use ekolopay_test_kit::assert_hidden;

/// A busy machine may take this much longer than it is told to.
const SLACK: Duration = Duration::from_secs(3);

/// How many milliseconds the whole process, or the machine, stood still at the most: no fault of the client's.
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

/// How long the machine stood still.
pub(crate) fn stall() -> Duration {
    Duration::from_millis(STALL.load(Ordering::SeqCst))
}

/// How much longer than its timeout a call may last.
pub(crate) fn slack() -> Duration {
    SLACK + stall()
}

/// One call, which lasted so long, and all that the server saw.
#[track_caller]
pub(crate) fn call(outcome: &CallOutcome, lasted: Duration, timeout: Duration, seen: &Received) {
    assert!(lasted < timeout * 2 + slack(), "{outcome} after {lasted:?}, the timeout being {timeout:?}");
    if outcome.what.contains("timeout") {
        assert!(lasted + Duration::from_millis(10) >= timeout, "{outcome} after {lasted:?} already");
    }
    self::outcome(outcome);
    bodies(seen);
    let checks = seen.requests().iter().filter(|request| request.is_check()).count();
    assert!(checks <= 1, "{outcome}, and the check is repeated: {seen:?}");
    let not_sent = outcome.delivery == Some(Delivery::NotSent) && outcome.what != "Unavailable";
    assert!(!not_sent || seen.calls().is_empty(), "{outcome}, but the server received {:?}", seen.calls());
}

/// No reply is taken for another, and the secret is in no error and no log.
#[track_caller]
pub(crate) fn outcome(outcome: &CallOutcome) {
    assert_ne!(outcome.what, "wrong reply");
    assert_hidden(&format!("{outcome} {}", outcome.texts));
    let leaks = logs::leaks();
    assert!(leaks.is_empty(), "the log shows the secret: {leaks:#?}");
}

/// No body came twice: the calls to one server all differ.
#[track_caller]
pub(crate) fn bodies(seen: &Received) {
    let mut different = BTreeSet::new();
    for call in seen.calls() {
        assert!(different.insert((call.target.clone(), call.body.clone())), "received twice: {call:?}");
    }
}
