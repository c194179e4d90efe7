//! A check over loopback by `ekolopay`, compared with the clients that a merchant would use instead.
//!
//! Fails when a limit is broken.

use std::process::ExitCode;
use std::thread;

use ekolopay_bench::{Check, Gateway, PEERS, Peer, made_calls, ratios, say, under};

/// One column of the table.
struct Case {
    name: &'static str,
    tls: bool,
    one_core: bool,
    threads: usize,
}

const PLAIN: Case = Case { name: "one core", tls: false, one_core: true, threads: 1 };

const CASES: [Case; 5] = [
    PLAIN,
    Case { name: "two cores", one_core: false, ..PLAIN },
    Case { name: "eight threads", one_core: false, threads: 8, ..PLAIN },
    Case { name: "TLS, one core", tls: true, ..PLAIN },
    Case { name: "TLS, two cores", tls: true, one_core: false, ..PLAIN },
];

/// Those that are measured with TLS, too: with the same cryptography, which libcurl has not.
const WITH_TLS: [&str; 3] = ["ekolopay", "reqwest::blocking", "ureq by hand"];

/// Checks that each thread makes in a turn of several, so that the threads' own beginning and end weigh little.
const CHECKS: usize = 50;

fn main() -> ExitCode {
    if made_calls() {
        return ExitCode::SUCCESS;
    }
    let broken = [times(), counts()].concat();
    broken.iter().for_each(|limit| say(limit));
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints the ratios, and gives back the limits that they break.
fn times() -> Vec<String> {
    let mut rows = PEERS.map(|(peer, _)| format!("| {peer} |"));
    let mut broken = Vec::new();
    for case in CASES {
        // What is pinned stays so: the threads of client and gateway begin in one of their own.
        let measured = thread::scope(|scope| scope.spawn(|| case.measure()).join().expect("no panic"));
        for ((peer, _), row) in PEERS.iter().zip(&mut rows) {
            let Some((_, ratio)) = measured.iter().find(|(measured, _)| measured == peer) else {
                row.push_str(" |");
                continue;
            };
            row.push_str(&format!(" {ratio} |"));
            let most = case.most(peer);
            if ratio.median > most {
                broken.push(format!("ekolopay ÷ {peer}, {}: {ratio}, at most {most:.2}", case.name));
            }
        }
    }
    say(&format!("\n| time of a check, ekolopay ÷ | {} |", CASES.map(|case| case.name).join(" | ")));
    say(&format!("|---|{}", "---|".repeat(CASES.len())));
    rows[1..].iter().for_each(|row| say(row));
    broken
}

impl Case {
    fn measure(&self) -> Vec<(&'static str, ekolopay_bench::Ratio)> {
        if self.one_core {
            let cores = core_affinity::get_core_ids().expect("the cores");
            assert!(core_affinity::set_for_current(cores[0]), "a core to be pinned to");
        }
        let gateway = if self.tls { Gateway::tls() } else { Gateway::plain() };
        let peers = PEERS.into_iter().filter(|(name, _)| !self.tls || WITH_TLS.contains(name));
        let (names, mut clients): (Vec<_>, Vec<_>) = peers
            .map(|(name, peer): (&str, Peer)| (name, peer(&gateway.origin, gateway.root.as_deref(), self.threads)))
            .unzip();
        let mut pieces: Vec<_> = clients.iter_mut().map(|checks| || make(checks)).collect();
        let mut pieces: Vec<_> = pieces.iter_mut().map(|piece| piece as &mut dyn FnMut()).collect();
        names.into_iter().skip(1).zip(ratios(&mut pieces)).collect()
    }

    /// The limit beside this peer.
    fn most(&self, peer: &str) -> f64 {
        match peer {
            "reqwest::blocking" if self.one_core => 1.00,
            // ureq sends head and body in two records, and the gateway's core wakes up for each.
            "reqwest::blocking" if self.tls => 1.05,
            "reqwest::blocking" => 0.95,
            "ureq by hand" => 0.65,
            _ => f64::INFINITY,
        }
    }
}

fn make(checks: &mut [Check]) {
    if let [check] = checks {
        return check();
    }
    thread::scope(|scope| {
        for check in checks {
            scope.spawn(|| (0..CHECKS).for_each(|_| check()));
        }
    });
}

/// Prints what 1,000 warm checks ask of the system, and gives back the limits that `ekolopay` breaks.
fn counts() -> Vec<String> {
    let gateway = Gateway::plain();
    let mut broken = Vec::new();
    say("\n| 1,000 warm checks | threads made | look-ups | system calls |\n|---|---|---|---|");
    for (peer, _) in PEERS {
        let more = |calls: &[&str]| {
            let few = system_calls(peer, 100, &gateway.origin, calls);
            system_calls(peer, 1_100, &gateway.origin, calls).saturating_sub(few)
        };
        let (threads, look_ups, all) = (more(&["clone", "clone3"]), more(&["openat"]), more(&[]));
        say(&format!("| {peer} | {threads} | {look_ups} | {all} |"));
        if peer == "ekolopay" && (threads > 1 || look_ups > 1) {
            broken.push(format!("{threads} threads and {look_ups} look-ups, at most 1"));
        }
    }
    broken
}

/// How many of these system calls, or of all, succeed in so many checks. Of files only those that a look-up reads are
/// opened again and again: here `/etc/hosts`.
fn system_calls(peer: &str, times: u32, origin: &str, of: &[&str]) -> u64 {
    let which = format!("trace={}", if of.is_empty() { "all".to_owned() } else { of.join(",") });
    let report = under(&["strace", "-f", "-c", "-U", "calls,errors,name", "-e", &which], peer, times, origin);
    let report = report.unwrap_or_else(|error| panic!("strace counted nothing: {error}"));
    let total = report.lines().find(|line| line.trim_end().ends_with(" total"));
    let numbers: Vec<u64> = total.into_iter().flat_map(str::split_whitespace).flat_map(str::parse).collect();
    numbers.first().map_or(0, |calls| calls - numbers.get(1).unwrap_or(&0))
}
