//! Row 38: every test watches the log; here without the documented exception.

use std::time::Duration;

use ekolopay_faults::replies::response;
use ekolopay_faults::{Call, FaultServer, Step, Then, logs};
use ekolopay_test_kit::secret;
use log::Level;

use crate::fault::{Fault, Front, answer, gateway};
use crate::judge;

#[test]
fn row_38_no_log_shows_the_secret() {
    // A gateway that does not echo the secret: even ureq's protocol dump does not show it.
    logs::without_exception(|| {
        for (front, scheme) in [(Front::Plain, "http"), (Front::Tls, "https")] {
            for end in [Step::Serve, Step::Request] {
                let script = [front.greeting(), vec![end]].into_iter().flatten().collect();
                let server = FaultServer::start("127.0.0.1", vec![script], Then::Refuse).unwrap();
                let gateway = gateway(&format!("{scheme}://{}", server.address()), Duration::from_secs(10));
                judge::outcome(&Call::Payment(0).make(&gateway));
                drop(gateway);
                server.finish();
            }
        }
    });
    // A gateway that echoes it: only that dump shows it, at TRACE.
    let before = logs::excepted();
    Fault::new(38, "all but ureq_proto at TRACE, echo", || answer(|_| response(200, "", &secret())))
        .call(&["UnexpectedReply: Answered"])
        .check(&["success"]);
    assert!(logs::excepted() > before, "the secret is found where it is");

    let lines = logs::lines();
    let of = |from: &str, level| lines.get(&(from.to_owned(), level)).copied().unwrap_or(0);
    assert!(of("ureq", Level::Debug) > 0 && of("ureq_proto", Level::Trace) > 0, "{lines:?}");
    #[cfg(feature = "rustls")]
    assert!(of("rustls", Level::Debug) > 0 && of("rustls", Level::Trace) > 0, "{lines:?}");
    assert!(lines.keys().all(|(from, _)| from != "ekolopay"), "the library itself writes nothing");
}
