//! Rows 45 to 48: looking up the name of the gateway.

use std::fs;
use std::iter;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_faults::{FaultServer, Step, refuse};

use crate::client::Client;
use crate::connect::fill;
use crate::fault::TIMEOUT;
use crate::judge;
use crate::world::{NAME, Says, World, gateway, greeting, left_out, origin};

const HERE: Says = Says::Address(Ipv4Addr::LOCALHOST);

fn client(program: Command, server: &FaultServer, timeout: Duration) -> Client {
    Client::start(program, &origin(server), timeout, &[])
}

#[test]
fn row_45_no_thread_can_be_made() {
    let Some(world) = World::new("127.0.0.1 localhost\n", Says::Nothing) else { return };
    for (host, expected) in [("127.0.0.1", "success"), ("localhost", "Transport: NotSent")] {
        let server = FaultServer::start([]);
        let origin = format!("http://{host}:{}", server.address().port());
        let mut client = Client::start(world.as_nobody(Client::PROGRAM), &origin, TIMEOUT, &[]);
        client.say("no-threads");
        for _ in 0..3 {
            client.check(expected);
        }
        client.end();
        assert_eq!(server.finish().calls().len(), if expected == "success" { 3 } else { 0 });
    }
}

/// One look-up on one thread, and then none for a minute.
#[test]
fn warm_calls_look_up_nothing_and_make_no_thread() {
    let Some(world) = World::new("", HERE) else { return };
    let server = gateway("127.0.0.1:0");
    let mut client = client(world.as_nobody(Client::PROGRAM), &server, TIMEOUT);
    let start = Instant::now();
    client.check("success");
    client.say("no-threads");
    for _ in 0..1_000 {
        client.check("success");
    }
    assert!(world.asked() as u64 <= 1 + start.elapsed().as_secs() / 60);
    client.end();
    assert_eq!(server.finish().calls().len(), 1_001);
}

#[test]
fn row_46_silent_name_server() {
    let Some(world) = World::new("", Says::Nothing) else { return };
    let server = gateway("127.0.0.1:0");
    let mut client = client(world.command(Client::PROGRAM), &server, Duration::from_secs(2));
    // The second time, the first look-up is still running.
    for _ in 0..2 {
        client.say("at-once 64");
        for report in client.reports(64) {
            judge::is(&report.outcome, "Transport, timeout: NotSent");
            assert!((1_990..2_000 + judge::slack().as_millis()).contains(&report.ms.into()), "after {} ms", report.ms);
        }
    }
    // The threads of the calls take a moment to end.
    let mut left = (0..100).map(|_| {
        thread::sleep(Duration::from_millis(20));
        fs::read_dir(format!("/proc/{}/task", client.process.id())).unwrap().count()
    });
    assert!(left.any(|threads| threads == 2), "more than the main thread and one look-up are left");
    client.end();
    assert!(server.finish().requests.is_empty());
}

#[test]
fn row_47_silent_ipv6_address() {
    let Some(world) = World::new(&format!("::1 {NAME}\n127.0.0.1 {NAME}\n"), Says::Nothing) else { return };
    // Both addresses with the same port.
    let pair = (0..100).find_map(|_| {
        let server = gateway("127.0.0.1:0");
        Some((TcpListener::bind(("::1", server.address().port())).ok()?, server))
    });
    let Some((silent, server)) = pair else { return left_out("this machine has no IPv6") };
    fill(silent.local_addr().unwrap());
    let mut client = client(world.command(Client::PROGRAM), &server, TIMEOUT);
    let ms = client.check("success");
    assert!(u128::from(ms) < 1_000 + judge::stall().as_millis(), "after {ms} ms");
    client.end();
    server.finish();
}

#[test]
fn row_48_name_moves() {
    // No other test listens at these addresses: a closed port stays closed.
    let (old, new) = (Ipv4Addr::new(127, 0, 0, 3), Ipv4Addr::new(127, 0, 0, 4));
    let Some(world) = World::new("", Says::Address(old)) else { return };
    let listener = TcpListener::bind((old, 0)).unwrap();
    let script = vec![greeting(), refuse(&listener), Step::Answer(""), Step::LAST_ANSWER];
    let before = FaultServer::on(listener, [script]);
    let mut client = client(world.command(Client::PROGRAM), &before, TIMEOUT);
    client.check("success");
    let after = gateway((new, before.address().port()));
    before.finish();
    world.say(Says::Address(new));
    client.check("Transport: NotSent");
    client.check("success");
    client.end();
    assert_eq!(after.finish().calls().len(), 1);
}

/// Half of a short time is kept to connect to an old address.
#[test]
fn a_name_is_looked_up_once_a_minute_and_old_addresses_serve_while_that_fails() {
    for (says, timeout, at_least) in
        [(Says::Failure, TIMEOUT, 0), (Says::Nothing, TIMEOUT, 4_900), (Says::Nothing, Duration::from_secs(4), 1_900)]
    {
        let Some(world) = World::new("", HERE) else { return };
        // Each connection is closed after one exchange, and the 201st is reset.
        let exchanges = || iter::repeat_with(|| vec![greeting(), Step::LAST_ANSWER]);
        let server = FaultServer::start(exchanges().take(200).chain([vec![Step::Reset]]).chain(exchanges()));
        let mut client = client(world.command(Client::PROGRAM), &server, timeout);
        let start = Instant::now();
        for _ in 0..100 {
            client.check("success");
        }
        assert!(world.asked() as u64 <= 1 + start.elapsed().as_secs() / 60);

        world.say(says);
        // After a failed exchange the name is looked up again.
        client.check("Transport: NotSent");
        let ms = client.check("success");
        assert!((at_least..at_least + 1_000 + judge::slack().as_millis()).contains(&ms.into()), "after {ms} ms");
        for _ in 0..3 {
            let ms = client.check("success");
            assert!(ms < 2_500, "after {ms} ms");
        }
        client.end();
    }
}

#[test]
fn a_look_up_that_fails_is_told_from_one_that_is_not_answered() {
    let Some(world) = World::new("", Says::Failure) else { return };
    let server = gateway("127.0.0.1:0");
    let mut client = client(world.command(Client::PROGRAM), &server, Duration::from_secs(2));
    client.check("Transport: NotSent");
    world.say(Says::Nothing);
    client.check("Transport, timeout: NotSent");
    client.end();
    assert!(server.finish().requests.is_empty());
}
