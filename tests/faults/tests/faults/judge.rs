//! What holds for every fault.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use ekolopay_faults::{Outcome, logs};
use ekolopay_test_kit::{Server, assert_hidden};

/// A busy machine may take this much longer than asked.
pub(crate) const SLACK: Duration = Duration::from_secs(5);

/// Makes one call to the server, which is then finished.
#[track_caller]
pub(crate) fn call(timeout: Duration, server: &Server, make: impl FnOnce() -> Outcome) -> Outcome {
    let start = Instant::now();
    let outcome = make();
    let lasted = start.elapsed();
    let what = &outcome.what;
    assert!(lasted < timeout * 2 + SLACK, "{what} after {lasted:?}, the timeout being {timeout:?}");
    if what.contains("timeout") {
        assert!(lasted + Duration::from_millis(10) >= timeout, "{what} after {lasted:?} already");
    }
    self::outcome(&outcome);
    finish(server);
    let (checks, calls) = (server.requests().iter().filter(|request| request.is_check()).count(), server.calls());
    assert!(checks <= 1, "{what}, and the check is repeated");
    assert!(!outcome.not_sent() || calls.is_empty(), "{what}, but the server received {calls:?}");
    outcome
}

/// No reply is mistaken for another, and the secret is in no error and no log.
#[track_caller]
pub(crate) fn outcome(outcome: &Outcome) {
    assert_ne!(outcome.what, "wrong reply");
    assert_hidden(&format!("{} {}", outcome.what, outcome.texts));
    let leaks = logs::leaks();
    assert!(leaks.is_empty(), "the log shows the secret: {leaks:#?}");
}

/// The same, and this is what became of the call.
#[track_caller]
pub(crate) fn is(outcome: &Outcome, expected: &str) {
    self::outcome(outcome);
    assert_eq!(outcome.what, expected, "{}", outcome.texts);
}

/// No body arrived twice at this server; the calls to it all differ.
#[track_caller]
pub(crate) fn finish(server: &Server) {
    server.finish();
    let mut different = BTreeSet::new();
    for call in server.calls() {
        assert!(different.insert(call.body.clone()), "received twice: {call:?}");
    }
}
