//! A machine that has run out of something, and how much of it a list needs.

use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::{fs, iter};

use crate::support::{Folder, NOBODY, PROGRAM, Run, numbered, paid, refusal, run, server};

fn limited(folder: &Folder, origin: &str, first: &str, threads: &str) -> Run {
    let mut shell = folder.command("sh", origin);
    shell.args(["-c", &format!("{first}; exec \"$0\" \"$@\""), PROGRAM, "reconcile", "orders.csv"]);
    shell.args(["--output", "out.csv", "--threads", threads]);
    run(shell, "")
}

/// The limit of descriptors lets some checks run, that of memory not even all threads start.
#[test]
fn this_machine_is_not_the_gateway() {
    let slow = server(|_| {
        thread::sleep(Duration::from_millis(100));
        paid()
    });
    for (limit, text) in [("-n 24", "Too many open files"), ("-v 100000", "a thread cannot be started")] {
        let folder = Folder::new(numbered(200));
        let run = limited(&folder, &slow.origin, &format!("ulimit {limit}"), "64");
        run.says(5, text);
        run.says(5, "are left. The same command goes on.");
        assert!(folder.rows().iter().all(|row| row[2] == "paid"), "{}", folder.output());
    }
}

#[test]
fn a_row_that_does_not_fit_ends_all_writing_and_is_asked_again() {
    let server = server(|token| if token == "t0" { paid() } else { refusal("purchaseToken inconnu.") });
    let folder = Folder::new(numbered(40));
    // Blocks of 512 or 1,024 bytes: the rows take more than two of either.
    limited(&folder, &server.origin, "trap '' XFSZ; ulimit -f 2", "8").says(5, "Stopped: cannot write out.csv: ");
    let output = folder.output();
    assert!(!output.ends_with('\n') && output.lines().count() > 2, "{output}");
    let whole = output.lines().count() - 2;
    let run = folder.run(&server.origin, &["--accept-refusals"]);
    run.says(1, "refused          39\n");
    run.says(1, "dropped a last row that was cut");
    run.says(1, &format!("{whole} of them before"));
    assert_eq!(folder.rows().len(), 40);
}

#[test]
fn a_token_costs_at_most_150_bytes() {
    let peak = |count: u32| {
        let lines = (0..count).map(|n| format!("order-{n},{n:032x}\n")).collect::<String>();
        let folder = Folder::new(format!("order,token\n{lines}"));
        let mut program = folder.reconcile(NOBODY, &["--wait", "0s"]);
        let mut child = program.stderr(Stdio::null()).spawn().unwrap();
        let status = format!("/proc/{}/status", child.id());
        let peaks = iter::from_fn(|| {
            thread::sleep(Duration::from_millis(1));
            child.try_wait().unwrap().is_none().then(|| fs::read_to_string(&status).unwrap_or_default())
        });
        let kilobytes = |status: String| {
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
            line.trim().trim_end_matches(" kB").parse::<u32>().ok()
        };
        1024 * peaks.filter_map(kilobytes).max().unwrap()
    };
    // The hash table has just grown, from 7/8 of 2^18 entries: a token never costs more.
    let (few, many) = (peak(100), peak(230_000));
    println!("{} bytes per token", (many - few) / 230_000);
    assert!(many < few + 150 * 230_000, "{few} bytes for 100 tokens, {many} for 230,000");
}
