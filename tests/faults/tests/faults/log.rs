//! Row 38: every test watches the log; here without the documented exception.

use ekolopay_faults::replies::response;
use ekolopay_faults::{Call, FaultServer, Step, logs};
use ekolopay_test_kit::secret;
use log::Level;

use crate::fault::{Fault, Front, TIMEOUT, answer, gateway};
use crate::judge;

#[test]
fn row_38_no_log_shows_the_secret() {
    // A gateway that does not echo the secret: even ureq's protocol dump does not show it.
    logs::without_exception(|| {
        for front in [Front::Plain, Front::Tls] {
            for (end, expected) in [(Step::Serve, "success"), (Step::Request, "Transport: not sent")] {
                for call in [Call::Token(150_000), Call::Payment(0)] {
                    let server = FaultServer::start([front.then([end.clone()])]);
                    let (outcome, _) =
                        judge::call(TIMEOUT, server, |address| call.make(&gateway(&front.origin(address), TIMEOUT)));
                    judge::is(&outcome, expected);
                }
            }
        }
    });
    // A gateway that echoes it: only that dump shows it, at TRACE.
    let before = logs::seen().excepted;
    let fault = Fault::new("all but ureq_proto at TRACE, echo", answer(|_| response(200, "", secret())));
    fault.becomes("UnexpectedReply", "success");
    let logs::Seen { lines, excepted, .. } = logs::seen();
    assert!(excepted > before, "the secret is found where it is");
    let of = |from: &str, level| lines.get(&(from.to_owned(), level)).copied().unwrap_or(0);
    assert!(of("ureq", Level::Debug) > 0 && of("ureq_proto", Level::Trace) > 0, "{lines:?}");
    #[cfg(feature = "rustls")]
    assert!(of("rustls", Level::Debug) > 0 && of("rustls", Level::Trace) > 0, "{lines:?}");
    assert!(lines.keys().all(|(from, _)| from != "ekolopay"), "the library itself writes nothing");
}
