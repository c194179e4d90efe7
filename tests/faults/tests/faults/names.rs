//! Rows 45 to 48: looking up the name of the gateway.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_faults::replies::response;
use ekolopay_faults::{FaultServer, Script, Step, Then};

use crate::client::Client;
use crate::connect::fill;
use crate::fault::{AUTHORITY, reply};
use crate::judge;
use crate::world::{NAME, Says, World};

fn greeting() -> Script {
    vec![Step::Tls(AUTHORITY.config(NAME))]
}

/// A connection for this many exchanges, which is then closed.
fn exchanges(count: usize) -> Script {
    let mut script = greeting();
    for left in (0..count).rev() {
        let headers = if left == 0 { "Connection: close\r\n" } else { "" };
        script.extend([Step::Request, reply(move |json| response(200, headers, json))]);
    }
    script
}

fn serve() -> Then {
    Then::Play(Box::new(|| {
        let mut script = greeting();
        script.push(Step::Serve);
        script
    }))
}

fn client(program: Command, server: &FaultServer, timeout: u64) -> Client {
    let origin = format!("https://{NAME}:{}", server.address().port());
    Client::start(program, &origin, Duration::from_millis(timeout), &[])
}

#[test]
fn row_45_no_thread_can_be_made() {
    let Some(world) = World::with_hosts("127.0.0.1 localhost\n") else { return };
    let then = || Then::Play(Box::new(|| vec![Step::Serve]));
    for (host, expected) in [("127.0.0.1", "success"), ("localhost", "Transport: NotSent")] {
        let server = FaultServer::start("127.0.0.1", vec![], then()).unwrap();
        let origin = format!("http://{host}:{}", server.address().port());
        let mut client = Client::start(world.as_nobody(Client::PROGRAM), &origin, Duration::from_secs(10), &[]);
        client.say("no-threads");
        for _ in 0..3 {
            assert_eq!(client.check().1, expected, "{host}");
        }
        client.end();
        assert_eq!(server.finish().calls().len(), if expected == "success" { 3 } else { 0 });
    }
}

/// One look-up on one thread, and then none for a minute.
#[test]
fn warm_calls_look_up_nothing_and_make_no_thread() {
    let says = Says::Address(Ipv4Addr::LOCALHOST);
    let Some((world, name_server)) = World::with_name_server(says) else { return };
    let server = FaultServer::start("127.0.0.1", vec![], serve()).unwrap();
    let mut client = client(world.as_nobody(Client::PROGRAM), &server, 10000);
    let start = Instant::now();
    assert_eq!(client.check().1, "success");
    client.say("no-threads");
    for _ in 0..1_000 {
        assert_eq!(client.check().1, "success");
    }
    assert!(name_server.asked() as u64 <= 1 + start.elapsed().as_secs() / 60);
    client.end();
    assert_eq!(server.finish().calls().len(), 1_001);
}

#[test]
fn row_46_silent_name_server() {
    let Some((world, _name_server)) = World::with_name_server(Says::Nothing) else { return };
    let server = FaultServer::start("127.0.0.1", vec![], serve()).unwrap();
    let mut client = client(world.command(Client::PROGRAM), &server, 2000);
    // The second time, the first look-up is still running.
    for _ in 0..2 {
        client.say("at-once 64");
        for report in client.reports(64) {
            assert_eq!(report.outcome().to_string(), "Transport, timeout: NotSent");
            assert!((1_990..2_000 + judge::slack().as_millis()).contains(&report.ms.into()), "after {} ms", report.ms);
        }
    }
    // The threads of the calls take a moment to end.
    let mut left = (0..100).map(|_| {
        thread::sleep(Duration::from_millis(20));
        client.say("threads");
        client.lines(1).concat()
    });
    assert!(left.any(|threads| threads == "2"), "more than the main thread and one look-up are left");
    client.end();
    assert!(server.finish().requests().is_empty());
}

#[test]
fn row_47_silent_ipv6_address() {
    let Some(world) = World::with_hosts(&format!("::1 {NAME}\n127.0.0.1 {NAME}\n")) else { return };
    // Both addresses with the same port.
    let pair = (0..100).find_map(|_| {
        let server = FaultServer::start("127.0.0.1", vec![], serve()).unwrap();
        Some((TcpListener::bind(("::1", server.address().port())).ok()?, server))
    });
    let Some((silent, server)) = pair else { return println!("this machine has no IPv6") };
    let waiting = fill(silent.local_addr().unwrap());
    let mut client = client(world.command(Client::PROGRAM), &server, 10000);
    let (ms, outcome) = client.check();
    assert_eq!(outcome, "success");
    assert!(u128::from(ms) < 1_000 + judge::stall().as_millis(), "after {ms} ms");
    client.end();
    server.finish();
    drop(waiting);
}

#[test]
fn row_48_name_moves() {
    // No other test listens at these addresses: a closed port stays closed.
    let (old, new) = (Ipv4Addr::new(127, 0, 0, 3), Ipv4Addr::new(127, 0, 0, 4));
    let Some((world, name_server)) = World::with_name_server(Says::Address(old)) else { return };
    let before = FaultServer::start(&old.to_string(), vec![exchanges(2)], Then::Refuse).unwrap();
    let mut client = client(world.command(Client::PROGRAM), &before, 10000);
    assert_eq!(client.check().1, "success");
    let after = FaultServer::start_at((new, before.address().port()).into(), vec![], serve()).unwrap();
    before.finish();
    name_server.say(Says::Address(new));
    assert_eq!(client.check().1, "Transport: NotSent");
    assert_eq!(client.check().1, "success");
    client.end();
    assert_eq!(after.finish().calls().len(), 1);
}

/// A gateway that closes each connection after one exchange, and resets one when asked to.
fn forgetful() -> (FaultServer, Arc<AtomicBool>) {
    let resets = Arc::new(AtomicBool::new(false));
    let then = Arc::clone(&resets);
    let script = move || if then.swap(false, Ordering::SeqCst) { vec![Step::Reset] } else { exchanges(1) };
    (FaultServer::start("127.0.0.1", vec![], Then::Play(Box::new(script))).unwrap(), resets)
}

/// After a failed exchange the name is looked up again.
#[track_caller]
fn fail(client: &mut Client, resets: &AtomicBool) {
    resets.store(true, Ordering::SeqCst);
    // The server prepares its next script before the connection comes.
    assert!((0..2).any(|_| client.check().1 != "success"), "one connection was reset");
}

#[test]
fn a_name_is_looked_up_once_a_minute_and_old_addresses_serve_while_that_fails() {
    let says = Says::Address(Ipv4Addr::LOCALHOST);
    let Some((world, name_server)) = World::with_name_server(says) else { return };
    let (server, resets) = forgetful();
    let mut client = client(world.command(Client::PROGRAM), &server, 10000);
    let start = Instant::now();
    for _ in 0..100 {
        assert_eq!(client.check().1, "success");
    }
    assert!(name_server.asked() as u64 <= 1 + start.elapsed().as_secs() / 60);

    for (says, at_least) in [(Says::Failure, 0), (Says::Nothing, 4_900)] {
        name_server.say(says);
        fail(&mut client, &resets);
        let (ms, outcome) = client.check();
        assert_eq!(outcome, "success");
        assert!((at_least..at_least + 1_000 + judge::slack().as_millis()).contains(&ms.into()), "after {ms} ms");
        for _ in 0..3 {
            let (ms, outcome) = client.check();
            assert!(outcome == "success" && ms < 2_500, "{outcome} after {ms} ms");
        }
    }
    client.end();
}

#[test]
fn half_of_a_short_time_is_kept_to_connect_to_an_old_address() {
    let says = Says::Address(Ipv4Addr::LOCALHOST);
    let Some((world, name_server)) = World::with_name_server(says) else { return };
    let (server, resets) = forgetful();
    let mut client = client(world.command(Client::PROGRAM), &server, 4000);
    assert_eq!(client.check().1, "success");
    name_server.say(Says::Nothing);
    fail(&mut client, &resets);
    let (ms, outcome) = client.check();
    assert!(outcome == "success" && ms >= 1_900, "{outcome} after {ms} ms");
    client.end();
}

#[test]
fn a_look_up_that_fails_is_told_from_one_that_is_not_answered() {
    let Some((world, name_server)) = World::with_name_server(Says::Failure) else { return };
    let server = FaultServer::start("127.0.0.1", vec![], serve()).unwrap();
    let mut client = client(world.command(Client::PROGRAM), &server, 2000);
    assert_eq!(client.check().1, "Transport: NotSent");
    name_server.say(Says::Nothing);
    assert_eq!(client.check().1, "Transport, timeout: NotSent");
    client.end();
    assert!(server.finish().requests().is_empty());
}
