//! How time and memory grow with the list.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use ekolopay_sandbox::Sandbox;
use procfs::process::Process;

use crate::support::{Folder, HEADER, checked, paid, server};

/// Runs the program to its end, and measures it every millisecond: the clock ticks of the processor, and the peak of the
/// resident memory in bytes. (What a parent learns of an ended child counts the memory before `exec`, too.)
fn cost(folder: &Folder, origin: &str) -> (u64, u64) {
    let mut program = folder.program(origin);
    let mut child = program.args(["orders.csv", "--threads", "2"]).stderr(Stdio::null()).spawn().unwrap();
    let process = Process::new(child.id().try_into().unwrap()).unwrap();
    let mut cost = (0, 0);
    while child.try_wait().unwrap().is_none() {
        if let (Ok(stat), Ok(Some(peak))) = (process.stat(), process.status().map(|status| status.vmhwm)) {
            cost = (stat.utime + stat.stime, peak * 1024);
        }
        thread::sleep(Duration::from_millis(1));
    }
    assert!(child.wait().unwrap().success());
    cost
}

#[test]
fn time_grows_in_proportion_to_the_checks() {
    let sandbox = Sandbox::start().unwrap();
    let run = |count| {
        let lines = (0..count).map(|n| format!("order-{n},{}\n", sandbox.add_payment("Iphone S", 150_000)));
        let folder = Folder::new(format!("order,token\n{}", lines.collect::<String>()));
        cost(&folder, &sandbox.origin()).0
    };
    // The best of three, which the rest of the machine disturbed least. In turns, so that it disturbs both alike.
    let (mut few, mut many) = (u64::MAX, u64::MAX);
    for _ in 0..3 {
        (few, many) = (few.min(run(2_000)), many.min(run(8_000)));
    }
    assert!(many * 10 < few * 4 * 13, "{few} ticks for 2,000 checks, {many} for 8,000");
}

#[test]
fn a_token_costs_at_most_150_bytes() {
    let server = server(|_| paid());
    // All but the last token are in the output already, so that only the list counts.
    let peak = |count: u32| {
        let lines = |more: &str| (0..count).map(|n| format!("order-{n},{n:032x}{more}\n")).collect::<String>();
        let folder = Folder::new(format!("order,token\n{}last,{}\n", lines(""), "e".repeat(32)));
        folder.write("out.csv", format!("{HEADER}{}", lines(",paid,")));
        cost(&folder, &server.origin).1
    };
    // The hash table has just grown, from 7/8 of 2^18 entries: a token never costs more.
    let (few, many) = (peak(100), peak(230_000));
    assert!(many < few + 150 * 230_000, "{few} bytes for 100 tokens, {many} for 230,000");
    assert_eq!(checked(&server).len(), 2);
}
