//! Row 49: the process forks, and parent and children keep calling.

use std::iter;
use std::time::Duration;

use ekolopay_faults::{FaultServer, Step};

use crate::client::Client;
use crate::fault::{Front, TIMEOUT};
use crate::judge;

#[test]
fn row_49_fork() {
    for front in [Front::Plain, Front::Tls] {
        // Slow enough for the requests of two processes on one connection to collide.
        let pause = || Step::Pause(Duration::from_millis(1));
        let exchanges = iter::repeat_with(move || [Step::Request, pause(), Step::Answer("")]).flatten();
        let server = FaultServer::start(iter::repeat_with(move || front.then(exchanges.clone().take(900))));
        let mut client = Client::new(&front.origin(server.address()), TIMEOUT, &[]);
        client.check("success");
        client.say("fork 50");
        for report in client.reports(150) {
            judge::is(&report.outcome, "success");
        }
        client.check("success");
        client.end();
        let received = server.finish();
        judge::bodies(&received);
        assert_eq!(received.calls().len(), 152);
    }
}
