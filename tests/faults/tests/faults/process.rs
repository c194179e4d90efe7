//! Rows 36, 45 and 49: what the process meets, not the network.

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

/// ureq's own resolver makes one for every exchange.
#[cfg(feature = "ureq-unversioned")]
#[test]
fn row_45_no_thread_can_be_made() {
    for (host, expected) in [
        ("http://127.0.0.1", "success"),
        ("http://localhost", "success"),
        ("https://gateway.invalid", "Transport: not sent"),
    ] {
        let server = FaultServer::start([]);
        let mut client = Client::new(&format!("{host}:{}", server.address().port()), TIMEOUT, &[]);
        client.say("no-threads");
        for _ in 0..3 {
            client.check(expected);
        }
        client.end();
        assert_eq!(server.finish().calls().len(), if expected == "success" { 3 } else { 0 });
    }
}

#[test]
fn row_49_a_gateway_that_was_used_before_a_fork_does_not_send_after_it() {
    for front in [Front::Plain, Front::Tls] {
        let server = FaultServer::start([front.then([Step::Serve]), front.then([Step::Serve])]);
        let mut client = Client::new(&front.origin(server.address()), TIMEOUT, &[]);
        client.check("success");
        client.say("in-a-child 1");
        let outcome = client.reports(1).remove(0).outcome;
        judge::is(&outcome, "Transport: not sent");
        assert!(outcome.texts.contains("build one after the fork"), "{}", outcome.texts);
        client.check("success");
        client.end();
        let received = server.finish();
        assert_eq!((received.calls().len(), received.connections), (2, 1));
    }
}

/// What a daemon does: the gateway is built before it goes into the background, and used there.
#[test]
fn row_49_a_gateway_that_was_built_before_a_fork_works_after_it() {
    let server = FaultServer::start([]);
    let mut client = Client::new(&server.origin(), TIMEOUT, &[]);
    client.say("in-a-child 1");
    judge::is(&client.reports(1).remove(0).outcome, "success");
    // Each process has its own copy.
    client.check("success");
    client.end();
    assert_eq!(server.finish().calls().len(), 2);
}
