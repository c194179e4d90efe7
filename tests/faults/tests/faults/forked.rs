//! Row 49: the process forks, and both go on calling.

use std::process::Command;
use std::time::Duration;

use ekolopay_faults::gateway::response;
use ekolopay_faults::{FaultServer, Script, Step, Then};

use crate::fault::{AUTHORITY, Front, reply};
use crate::judge;
use crate::report::{self, Hit};
use crate::world::{Session, lasted};

/// Answers so slowly that the requests of two processes on one connection would meet.
fn slow(front: Front) -> Script {
    let mut script = front.greeting();
    for _ in 0..300 {
        script.extend([Step::Request, Step::Pause(Duration::from_millis(1)), reply(|json| response(200, "", json))]);
    }
    script
}

pub(crate) fn row_49_fork() {
    for (front, scheme) in [(Front::Plain, "http"), (Front::Tls, "https")] {
        let server = FaultServer::start("127.0.0.1", vec![], Then::Play(Box::new(move || slow(front)))).unwrap();
        let origin = format!("{scheme}://{}", server.address());
        let environment =
            [("EKOLOPAY_ORIGIN", &*origin), ("FAULTS_TIMEOUT", "10000"), ("FAULTS_ROOTS", &AUTHORITY.pem())];
        let mut session = Session::start(Command::new(Session::PROGRAM), &environment);
        assert_eq!(session.call().1, "success");
        for line in session.say("fork 50", 150) {
            assert_eq!(lasted(&line).1, "success", "{scheme}");
        }
        assert_eq!(session.call().1, "success");
        session.end();
        let seen = server.finish();
        judge::bodies(&seen);
        assert_eq!(seen.calls().len(), 152);
        report::note(49, &format!("two children, {scheme}"), Hit::Call, "success");
    }
}
