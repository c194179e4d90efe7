//! Rows 36 and 49: a signal interrupts the wait, or the process forks, and no call is disturbed.

use std::iter;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ekolopay_faults::{Call, FaultServer, Step};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::client::Client;
use crate::fault::{Front, Hit, TIMEOUT};
use crate::judge;

#[test]
fn row_36_signals_during_the_wait() {
    for call in [Call::Token(1), Call::Payment(0)] {
        for hit in [Hit::Check, Hit::Call] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let mut client = Client::new(&format!("http://{}", listener.local_addr().unwrap()), TIMEOUT, &[]);
            let process = Pid::from_raw(client.process.id().try_into().unwrap());
            // A signal handler interrupts a read with a timeout, and so does being stopped and continued.
            let signals = Step::Do(Arc::new(move || {
                for signal in [Signal::SIGUSR1, Signal::SIGSTOP, Signal::SIGCONT, Signal::SIGUSR1, Signal::SIGWINCH] {
                    kill(process, signal).unwrap();
                    thread::sleep(Duration::from_millis(50));
                }
            }));
            let passes = (hit == Hit::Call).then_some(Step::Answer(""));
            let script = passes.into_iter().chain([Step::Request, signals, Step::Serve]).collect();
            let mut signalled = false;
            let (outcome, received) = judge::call(TIMEOUT, FaultServer::on(listener, [script]), |_| {
                let report = client.call(call);
                client.end();
                signalled = report.signalled;
                report.outcome
            });
            judge::is(&outcome, "success");
            assert!(signalled && received.connections == 1);
        }
    }
}

/// Parent and children keep calling.
#[test]
fn row_49_fork() {
    for front in [Front::Plain, Front::Tls] {
        // Slow enough for the requests of two processes on one connection to collide.
        let exchange = [Step::Request, Step::Pause(Duration::from_millis(1)), Step::Answer("")];
        let script = move || front.then(iter::repeat_n(exchange.clone(), 300).flatten());
        let server = FaultServer::start(iter::repeat_with(script));
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
