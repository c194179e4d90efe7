//! What is written: whole rows, once, whatever happened before.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use ekolopay_sandbox::Sandbox;

use crate::server::{Server, paid, refusal};
use crate::support::{Folder, HEADER, bare, orders, ran};

const INPUT: &str = "order,token\nA1,t1\n\"A \"\"2\"\", é\",t2\nA3,t3\n";

#[test]
fn a_start_goes_on_where_the_last_one_stopped() {
    let server = Server::start(|_, _| paid());
    let folder = Folder::with(INPUT);
    folder.output(format!("{HEADER}A1,t1,not_paid,\n"));
    folder.run(&server.origin, &[]).says(0, "paid              2\nnot_paid          1\n");
    assert_eq!(server.asked(), ["", "t2", "", "t3"]);
    assert_eq!(folder.written(), format!("{HEADER}A1,t1,not_paid,\n\"A \"\"2\"\", é\",t2,paid,\nA3,t3,paid,\n"));
}

#[test]
fn an_output_cut_at_any_byte_is_mended() {
    let server = Server::start(|_, _| paid());
    let folder = Folder::with(INPUT);
    let whole = format!("{HEADER}A1,t1,paid,\n\"A \"\"2\"\", é\",t2,paid,\n");
    let finished = format!("{whole}A3,t3,paid,\n");
    for cut in 0..=whole.len() {
        folder.output(&whole.as_bytes()[..cut]);
        let ran = folder.run(&server.origin, &[]);
        ran.says(0, "paid              3\n");
        assert_eq!(folder.written(), finished, "cut at {cut}");
        let torn = whole.as_bytes()[..cut].iter().rev().take_while(|byte| **byte != b'\n').count();
        let said = ran.err.contains(&format!("out.csv: cut off the last line, {torn} bytes"));
        assert_eq!(said, torn > 0, "cut at {cut}: {}", ran.err);
    }
}

#[test]
fn what_is_not_ours_is_left_as_it_is() {
    let folder = Folder::with(INPUT);
    for (output, message) in [
        ("hello", "line 1: not the header order,token,outcome,detail"),
        ("order,token\nA1,t1\n", "line 1: not the header"),
        ("order,token,outcome,detail,more\n", "line 1: not the header"),
        ("\norder,token,outcome,detail\n", "line 1: is blank"),
        ("order,token,outcome,detail\nA1,t1,paid\n", "line 2: has 3 columns, not 4"),
        ("order,token,outcome,detail\nA1,t1,PAID,\n", "line 2: has no outcome that this program writes"),
        ("order,token,outcome,detail\nA1,t 1,paid,\n", "line 2: the token must be"),
        ("order,token,outcome,detail\n\"A1,t1,paid,\n", "line 2: is blank, or has a quote that is not closed"),
        ("order,token,outcome,detail\nA1,t1,paid,\nA1,t1,paid,\n", "line 3: its token stands there twice"),
        ("order,token,outcome,detail\nA1,t1,paid,\nA2,t1,paid,\n", "line 3: its token stands there twice"),
    ] {
        folder.output(output);
        folder.run("http://127.0.0.1:1", &[]).says(2, "out.csv is not written to: ");
        folder.run("http://127.0.0.1:1", &[]).says(2, message);
        assert_eq!(folder.written(), output);
    }
    folder.output(format!("{HEADER}{}", "x".repeat(1 << 20)));
    folder.run("http://127.0.0.1:1", &[]).says(2, "line 2: is too long");
    assert_eq!(folder.written().len(), HEADER.len() + (1 << 20));
}

#[test]
fn the_output_is_a_file_and_not_the_input() {
    let folder = Folder::with(INPUT);
    let run = |output: &str| {
        let mut program = bare();
        program.current_dir(folder.path("")).args(["orders.csv", "--output", output]);
        ran(program.env("EKOLOPAY_API_CLIENT", "demo").env("EKOLOPAY_SECRET_KEY", "a-secret-key"))
    };
    run("orders.csv").says(2, "the output is the input");
    fs::hard_link(folder.path("orders.csv"), folder.path("same.csv")).expect("a link");
    run("same.csv").says(2, "the output is the input");
    run(".").says(2, ". is not written to: it is not a file");
    run("-").says(2, "- is not written to: it is not a file");
    #[cfg(unix)]
    {
        let made = Command::new("mkfifo").arg(folder.path("pipe")).status().expect("a pipe");
        assert!(made.success());
        run("pipe").says(2, "pipe is not written to: it is not a file");
    }
    run("nowhere/out.csv").says(2, "nowhere/out.csv is not written to: ");
    assert_eq!(fs::read_to_string(folder.path("orders.csv")).expect("the input"), INPUT);
}

#[test]
fn two_jobs_do_not_write_one_output() {
    // A gateway that takes the connection and says nothing: the first job waits there, with the output locked.
    let gateway = TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("http://{}", gateway.local_addr().expect("an address"));
    let folder = Folder::with(INPUT);
    let mut first = folder.program(&origin).arg("orders.csv").stderr(Stdio::null()).spawn().expect("the program");
    let waiting = gateway.accept().expect("the first job's connection");
    folder.run(&origin, &[]).says(5, "out.csv is in use by another job");
    first.kill().expect("killed");
    first.wait().expect("its end");
    drop(waiting);
    // A kill unlocks it.
    let server = Server::start(|_, _| paid());
    folder.run(&server.origin, &[]).says(0, "paid              3\n");
    assert_eq!(folder.rows().len(), 3);
}

/// A disk that is full in the middle of a row.
#[cfg(unix)]
#[test]
fn a_row_that_does_not_fit_is_mended_by_the_next_start() {
    let server = Server::start(|token, _| if token == "t0" { paid() } else { refusal("\"purchaseToken inconnu.\"") });
    let lines: String = (0..25).map(|number| format!("{number},t{number}\n")).collect();
    let folder = Folder::with(format!("order,token\n{lines}"));
    let limited = folder.program(&server.origin);
    let mut shell = Command::new("sh");
    // Blocks of 512 or 1,024 bytes: the rows take more than two of either.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\""]).arg(limited.get_program());
    shell
        .args(limited.get_args())
        .args(["orders.csv", "--threads", "1"])
        .current_dir(limited.get_current_dir().expect("a folder"));
    for (name, value) in limited.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    ran(&mut shell).says(5, "out.csv: ");
    let torn = folder.written();
    assert!(!torn.ends_with('\n') && torn.lines().count() > 2, "{torn}");
    let ran = folder.run(&server.origin, &[]);
    ran.says(1, "refused          24\n");
    assert!(ran.err.contains("cut off the last line"), "{}", ran.err);
    assert_eq!(folder.rows().len(), 25);
}

#[test]
fn error_rows_are_tried_again_from_an_output_into_a_new_one() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let folder = Folder::with(orders(&sandbox, 8));
    folder.run(&sandbox.origin(), &[]).says(0, "Done");
    let all = folder.rows();
    let damaged = folder.written().replacen(",paid,", ",error,no answer", 2);
    fs::write(folder.path("night.csv"), damaged).expect("written");
    fs::remove_file(folder.path("out.csv")).expect("removed");
    let mut again = folder.program(&sandbox.origin());
    ran(again.args(["night.csv", "--threads", "1"])).says(0, "paid              2\n");
    let firsts: Vec<_> = all.into_iter().filter(|row| row[2] == "paid").take(2).collect();
    assert_eq!(folder.rows(), firsts);
}
