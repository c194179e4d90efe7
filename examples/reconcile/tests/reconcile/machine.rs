//! The machine: one that has run out of something, and a container.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use ekolopay_test_kit::replies::refusal;
use ekolopay_test_kit::run::{Run, run};
use ekolopay_test_kit::{API_CLIENT, SECRET_KEY, Server, as_pid_1, terminate_pid_1};

use crate::support::{Folder, PROGRAM, numbered, paid, server};

/// Runs the program in a shell that runs this first.
fn limited(folder: &Folder, origin: &str, first: &str, arguments: &[&str]) -> Run {
    let mut shell = folder.command("sh", origin);
    shell.args(["-c", &format!("{first}; exec \"$0\" \"$@\""), PROGRAM, "orders.csv", "--output", "out.csv"]);
    run(shell.args(arguments), "")
}

/// The limit of descriptors lets some checks run, that of memory not even all threads start.
#[test]
fn this_machine_is_not_the_gateway() {
    let silent = Server::start(|_| {
        thread::sleep(Duration::from_millis(100));
        paid()
    });
    for (limit, text) in [("-n 24", "Too many open files"), ("-v 100000", "a thread: ")] {
        let folder = Folder::new(numbered(200));
        let run = limited(&folder, &silent.origin, &format!("ulimit {limit}"), &["--threads", "64", "--pause", "1ms"]);
        run.says(5, "Stopped: this machine, not the gateway, is in trouble: ");
        run.says(5, text);
        assert!(folder.rows().iter().all(|row| row[2] == "paid"), "{}", folder.output());
    }
}

/// As on a full disk.
#[test]
fn a_row_that_does_not_fit_is_repaired_by_the_next_run() {
    let server = server(|token| if token == "t0" { paid() } else { refusal("purchaseToken inconnu.") });
    let folder = Folder::new(numbered(25));
    // Blocks of 512 or 1,024 bytes: the rows take more than two of either.
    limited(&folder, &server.origin, "trap '' XFSZ; ulimit -f 2", &["--threads", "1"]).says(5, "out.csv: ");
    let output = folder.output();
    assert!(!output.ends_with('\n') && output.lines().count() > 2, "{output}");
    let run = folder.run(&server.origin, &[]);
    run.says(1, "refused          24\n");
    assert!(run.err.contains("moved an incomplete last line"), "{}", run.err);
    let rows = folder.rows();
    assert_eq!(rows.len(), 25);
    let detail = "the gateway refused with code 0: \"purchaseToken inconnu.\"";
    assert!(rows[1..].iter().all(|row| row[3] == detail), "{rows:?}");
}

#[test]
fn sigterm_ends_the_first_process_of_a_container_between_two_rows() {
    let Some(mut program) = as_pid_1(PROGRAM) else { return };
    let server = server(|_| {
        thread::sleep(Duration::from_millis(50));
        paid()
    });
    let folder = Folder::new(numbered(10_000));
    program.current_dir(folder.path("")).args(["orders.csv", "--output", "out.csv", "--origin", &server.origin]);
    program.env("EKOLOPAY_API_CLIENT", API_CLIENT).env("EKOLOPAY_SECRET_KEY", SECRET_KEY);
    let mut child = program.stderr(Stdio::null()).spawn().unwrap();
    server.wait_for(40);
    assert_eq!(terminate_pid_1(&mut child), Some(143));
    assert!(folder.output().ends_with('\n') && !folder.rows().is_empty());
}
