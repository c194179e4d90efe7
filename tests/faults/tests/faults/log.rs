//! Every test watches the log; this one without the documented exception.

use ekolopay_faults::service::serve;
use ekolopay_faults::{Call, Outcome, logs};
use ekolopay_test_kit::{Script, Server, response, secret};

use crate::fault::{Front, TIMEOUT};
use crate::judge;

fn call(front: Front, call: Call, script: impl Script) -> Outcome {
    let server = Server::play(move |connection| front.greet(connection).and_then(|()| script(connection)));
    let caller = front.caller(server.address, TIMEOUT);
    judge::call(TIMEOUT, &server, move || caller.call(call))
}

#[test]
fn no_log_shows_the_secret() {
    for front in [Front::Plain, Front::Tls] {
        for both in Call::BOTH {
            // A gateway that does not echo the secret: even ureq's protocol dump does not show it.
            let before = logs::excepted();
            judge::is(&call(front, both, serve), "success");
            judge::is(&call(front, both, |connection| connection.request().map(drop)), "Transport: not sent");
            assert_eq!(logs::excepted(), before);
            // A gateway that does: only that dump shows it, and so the search does find it.
            judge::is(&call(front, both, |c| c.serve(|_| response(200, &secret()))), "UnexpectedReply");
            assert!(logs::excepted() > before);
        }
    }
}
