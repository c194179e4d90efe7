//! Row 36: a signal interrupts the wait, and the call is not disturbed.

use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_faults::replies::response;
use ekolopay_faults::{Call, FaultServer, Step, Then};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::client::Client;
use crate::fault::{Hit, reply};
use crate::judge;

#[test]
fn row_36_signals_during_the_wait() {
    let timeout = Duration::from_secs(10);
    for call in [Call::Token(1), Call::Payment(0)] {
        for hit in [Hit::Check, Hit::Call] {
            let (told, process) = channel();
            // A signal handler interrupts a read with a timeout, and so does being stopped and continued.
            let signals = Step::Do(Box::new(move || {
                let process = process.recv().unwrap();
                for signal in [Signal::SIGUSR1, Signal::SIGSTOP, Signal::SIGCONT, Signal::SIGUSR1, Signal::SIGWINCH] {
                    kill(process, signal).unwrap();
                    thread::sleep(Duration::from_millis(50));
                }
            }));
            let answer = || reply(|json| response(200, "", json));
            let mut script = vec![Step::Request, signals, answer(), Step::Serve];
            if hit == Hit::Call {
                script.splice(..0, [Step::Request, answer()]);
            }
            let server = FaultServer::start("127.0.0.1", vec![script], Then::Refuse).unwrap();
            let mut client = Client::new(&format!("http://{}", server.address()), timeout);
            told.send(Pid::from_raw(client.id().try_into().unwrap())).unwrap();
            let start = Instant::now();
            let report = client.call(call);
            let lasted = start.elapsed();
            client.end();
            let received = server.finish();
            judge::call(&report.outcome(), lasted, timeout, &received);
            assert_eq!(report.outcome().to_string(), "success", "{}", report.outcome().texts);
            assert!(report.signalled && received.connections() == 1);
        }
    }
}
