//! A check over loopback by `ekolopay`, compared with the clients that a merchant would use instead.
//!
//! Fails when a limit is broken.

use std::process::ExitCode;
use std::thread;

use ekolopay_cost::peers::{Call, PEERS, Ratio, gateway, made_calls, of_1000_calls, ratios};
use ekolopay_test_kit::Authority;

/// One column of the table.
struct Case {
    name: &'static str,
    tls: bool,
    one_core: bool,
    threads: usize,
    /// The limits of `ekolopay` ÷ reqwest and ÷ ureq.
    most: [f64; 2],
}

const CASES: [Case; 5] = [
    Case { name: "one core", tls: false, one_core: true, threads: 1, most: [1.00, 0.65] },
    Case { name: "two cores", tls: false, one_core: false, threads: 1, most: [0.95, 0.65] },
    Case { name: "eight threads", tls: false, one_core: false, threads: 8, most: [0.95, 0.65] },
    Case { name: "TLS, one core", tls: true, one_core: true, threads: 1, most: [1.00, 0.65] },
    // ureq sends head and body in two records, and the gateway's core wakes up for each.
    Case { name: "TLS, two cores", tls: true, one_core: false, threads: 1, most: [1.05, 0.65] },
];

/// Checks that each thread makes in a turn of several, so that starting and ending the threads weighs little.
const CHECKS: usize = 50;

fn main() -> Result<ExitCode, String> {
    if made_calls() {
        return Ok(ExitCode::SUCCESS);
    }
    let broken = [times(), counts()?].concat();
    broken.iter().for_each(|limit| println!("{limit}"));
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints the ratios, and returns the limits that they break.
fn times() -> Vec<String> {
    // A thread of its own for each, since what is pinned stays so; the threads of client and gateway inherit it.
    let measured = CASES.map(|case| thread::spawn(move || case.measure()).join().expect("no panic"));
    let mut broken = Vec::new();
    println!("\n| time of a check, ekolopay ÷ | {} |", CASES.map(|case| case.name).join(" | "));
    println!("|---|{}", "---|".repeat(CASES.len()));
    for (row, (peer, _)) in PEERS.iter().skip(1).enumerate() {
        print!("| {peer} |");
        for (case, ratios) in CASES.iter().zip(&measured) {
            print!(" {} |", ratios.get(row).map_or("", |ratio| &ratio.text));
            let limit = ratios.get(row).zip(case.most.get(row));
            if let Some((ratio, most)) = limit.filter(|(ratio, most)| ratio.median > **most) {
                broken.push(format!("ekolopay ÷ {peer}, {}: {}, at most {most:.2}", case.name, ratio.text));
            }
        }
        println!();
    }
    broken
}

impl Case {
    fn measure(&self) -> Vec<Ratio> {
        if self.one_core {
            let cores = core_affinity::get_core_ids().expect("the cores");
            assert!(core_affinity::set_for_current(cores[0]), "a core to be pinned to");
        }
        let authority = self.tls.then(Authority::new);
        let (origin, root) = (gateway(authority.as_ref()), authority.as_ref().map(Authority::pem));
        // With TLS only the first three are measured: those with the same cryptography.
        let peers = PEERS.iter().take(if self.tls { 3 } else { PEERS.len() });
        let mut clients: Vec<_> = peers.map(|(_, peer)| peer(&origin, root.as_deref(), self.threads)).collect();
        let mut pieces: Vec<_> = clients.iter_mut().map(|checks| || make(checks)).collect();
        ratios(&mut pieces.iter_mut().map(|piece| piece as &mut dyn FnMut()).collect::<Vec<_>>())
    }
}

fn make(checks: &mut [Call]) {
    if let [check] = checks {
        return check();
    }
    thread::scope(|scope| {
        for check in checks {
            scope.spawn(|| (0..CHECKS).for_each(|_| check()));
        }
    });
}

/// Prints what 1,000 warm checks ask of the system, and returns the limits that `ekolopay` breaks.
fn counts() -> Result<Vec<String>, String> {
    let origin = gateway(None);
    let mut broken = Vec::new();
    println!("\n| 1,000 warm checks | threads made | look-ups | system calls |\n|---|---|---|---|");
    for (peer, _) in PEERS {
        let count = |calls| {
            let tool = format!("strace -f -c -U calls,errors,name -e trace={calls}");
            of_1000_calls(&tool, peer, &origin, succeeded)
        };
        // Of files only those that a look-up reads are opened again and again: here `/etc/hosts`.
        let (threads, look_ups, all) = (count("clone,clone3")?, count("openat")?, count("all")?);
        println!("| {peer} | {threads} | {look_ups} | {all} |");
        if peer == "ekolopay" && (threads > 1 || look_ups > 1) {
            broken.push(format!("{threads} threads and {look_ups} look-ups, at most 1"));
        }
    }
    Ok(broken)
}

/// How many system calls succeeded, by strace's report; it has no total when there were none.
fn succeeded(report: &str) -> Option<u64> {
    let total = report.lines().find(|line| line.trim_end().ends_with(" total"));
    let numbers: Vec<u64> = total.into_iter().flat_map(str::split_whitespace).flat_map(str::parse).collect();
    Some(numbers.first().map_or(0, |calls| calls - numbers.get(1).unwrap_or(&0)))
}
