//! What the process meets, not the network.

use std::process::Command;
use std::thread;
use std::time::Duration;

use ekolopay_faults::Call;
use ekolopay_faults::service::right;
use ekolopay_test_kit::Server;

use crate::client::Client;
use crate::fault::TIMEOUT;
use crate::judge;

/// Being stopped and continued interrupts a read with a timeout, as a signal with a handler does.
#[test]
fn a_signal_during_the_wait_changes_nothing() {
    for call in Call::BOTH {
        let server = Server::start(|request| {
            thread::sleep(Duration::from_millis(200));
            right(request)
        });
        let mut client = Client::new(&server.origin, TIMEOUT, &[]);
        let pid = client.process.id().to_string();
        let outcome = thread::scope(|scope| {
            let call = scope.spawn(|| client.call(call));
            while !call.is_finished() {
                for signal in ["-STOP", "-CONT", "-WINCH"] {
                    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
                    thread::sleep(Duration::from_millis(5));
                }
            }
            call.join().unwrap()
        });
        client.end();
        judge::is(&outcome, "success");
        judge::finish(&server);
        assert_eq!((server.connections(), server.requests().len()), (1, 2));
    }
}

/// No machine has room for a stack of this size. ureq's own resolver makes a thread for every exchange.
#[cfg(feature = "ureq-unversioned")]
#[test]
fn without_threads_an_address_works_and_a_name_is_not_sent() {
    let no_threads = [("RUST_MIN_STACK", "1125899906842624")];
    for host in ["http://127.0.0.1", "http://localhost"] {
        let server = Server::start(right);
        let mut client = Client::new(&format!("{host}:{}", server.address.port()), TIMEOUT, &no_threads);
        judge::is(&client.call(Call::Payment(0)), "success");
        client.end();
    }
    let mut client = Client::new("https://gateway.invalid", TIMEOUT, &no_threads);
    let outcome = client.call(Call::Payment(0));
    client.end();
    judge::is(&outcome, "Transport: not sent");
    assert!(outcome.texts.contains("no thread to look up the name"), "{}", outcome.texts);
}

/// What is built before a fork works after it, as in a daemon; what was used does not.
#[test]
fn a_gateway_that_was_used_before_a_fork_does_not_send_after_it() {
    let server = Server::start(right);
    let mut client = Client::new(&server.origin, TIMEOUT, &[]);
    judge::is(&client.say("in-a-child", 1), "success");
    judge::is(&client.call(Call::Payment(3)), "success");
    let outcome = client.say("in-a-child", 5);
    judge::is(&outcome, "Transport: not sent");
    assert!(outcome.texts.contains("build one after the fork"), "{}", outcome.texts);
    // Its parent goes on.
    judge::is(&client.call(Call::Payment(7)), "success");
    client.end();
    judge::finish(&server);
    assert_eq!((server.calls().len(), server.connections()), (3, 2));
}
