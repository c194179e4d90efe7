//! Row 49: the process forks, and parent and children keep calling.

use std::time::Duration;

use ekolopay_faults::replies::response;
use ekolopay_faults::{FaultServer, Script, Step, Then};

use crate::client::Client;
use crate::fault::{Front, reply};
use crate::judge;

/// Answers slowly enough for the requests of two processes on one connection to collide.
fn slow(front: Front) -> Script {
    let mut script = front.greeting();
    for _ in 0..300 {
        script.extend([Step::Request, Step::Pause(Duration::from_millis(1)), reply(|json| response(200, "", json))]);
    }
    script
}

#[test]
fn row_49_fork() {
    for (front, scheme) in [(Front::Plain, "http"), (Front::Tls, "https")] {
        let server = FaultServer::start("127.0.0.1", vec![], Then::Play(Box::new(move || slow(front)))).unwrap();
        let origin = format!("{scheme}://{}", server.address());
        let mut client = Client::new(&origin, Duration::from_secs(10));
        assert_eq!(client.check().1, "success");
        client.say("fork 50");
        for report in client.reports(150) {
            assert_eq!(report.outcome().to_string(), "success", "{scheme}");
        }
        assert_eq!(client.check().1, "success");
        client.end();
        let received = server.finish();
        judge::bodies(&received);
        assert_eq!(received.calls().len(), 152);
    }
}
