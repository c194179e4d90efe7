//! What is read: the orders, the arguments, the environment. One bad line, and nothing is sent.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ekolopay_sandbox::Sandbox;

use crate::server::{Server, paid};
use crate::support::{Folder, HEADER, bare, orders, ran, ran_with};

#[test]
fn a_bad_line_is_named_and_nothing_is_sent() {
    let server = Server::start(|_, _| paid());
    let long_token = format!("order,token\nA1,{}\n", "t".repeat(1025));
    let long_order = format!("order,token\n{},t\n", "o".repeat(1025));
    let long_line = format!("order,token\nA1,t1\n\"{}", "x".repeat(1 << 20));
    let cases: [(&[u8], &str); 23] = [
        (b"", "line 1: the input is empty"),
        (b"\n", "line 1: is blank"),
        (b"A1,t1\n", "line 1: the header must be order,token"),
        (b"order;token\nA1;t1\n", "line 1: the header must be order,token, with a comma"),
        (b"order,token,amount\nA1,t1,5\n", "line 1: the header must be order,token"),
        (b"order,token\nA1,t1\nA2\n", "line 3: has 1 columns, not 2"),
        (b"order,token\nA1,t1,5\n", "line 2: has 3 columns, not 2"),
        (b"order,token\nA1,1,2,3,4,5,6,7\n", "line 2: has too many columns"),
        (b"order,token\nA1,\n", "line 2: the token must not be empty"),
        (b"order,token\nA1,a b\n", "line 2: the token must be visible ASCII"),
        (b"order,token\nA1,..\n", "line 2: the token must not be `.` or `..`"),
        (long_token.as_bytes(), "line 2: the token must be at most 1,024 bytes long"),
        (b"order,token\n ,t1\n", "line 2: the order is blank"),
        (long_order.as_bytes(), "line 2: the order is longer than 1,024 bytes"),
        (b"order,token\n\"\xef\xbb\xbfA1\",t1\n", "line 2: the order begins with a byte order mark"),
        (b"order,token\nA\x1b[31m1,t1\n", "line 2: holds a control character"),
        (b"order,token\nA1,t1\rA2,t2\n", "line 2: holds a control character"),
        (b"order,token\n\nA\xff,t1\n", "line 3: is not UTF-8"),
        (b"order,token\n\"A1,t1\nA2,t2\nA3\n", "line 4: has 1 columns, not 2"),
        (b"order,token\n\"A1,t1\nA2,t2\n", "line 2: is blank, or has a quote that is not closed"),
        (b"order,token\nA1,\"t1", "line 2: is blank, or has a quote that is not closed"),
        (long_line.as_bytes(), "bad lines in the input: 1; nothing was sent\n  line 3: is too long"),
        (b"o\0r\0d\0e\0r\0", "line 1: holds a control character"),
    ];
    for (input, message) in cases {
        let folder = Folder::with(input);
        folder.run(&server.origin, &[]).says(2, message);
        assert_eq!(folder.written(), "", "{message}");
        ran_with(folder.program(&server.origin).arg("-"), input).says(2, message);
    }
    assert!(server.asked().is_empty());
}

#[test]
fn many_bad_lines_are_counted() {
    let folder = Folder::with(format!("order,token\n{}", "A1\n".repeat(100_000)));
    let ran = folder.run("http://127.0.0.1:1", &[]);
    ran.says(2, "bad lines in the input: 100000; nothing was sent\n  line 2: ");
    assert!(ran.err.ends_with("  line 21: has 1 columns, not 2\n  and 99980 more\n"), "{}", ran.err);
}

#[test]
fn what_spreadsheets_and_editors_leave_is_read() {
    let server = Server::start(|_, _| paid());
    for input in
        ["\u{feff}order,token\r\nA1,t1\r\n\r\n\"A,2\",t2", "\"order\",\"token\"\n\n\nA1,t1\n  \n\"A,2\",\"t2\"\n\n"]
    {
        let folder = Folder::with(input);
        folder.run(&server.origin, &[]).says(0, "paid              2\n");
        assert_eq!(folder.written(), format!("{HEADER}A1,t1,paid,\n\"A,2\",t2,paid,\n"));
    }
}

#[test]
fn a_line_that_stands_there_twice_is_checked_once() {
    let server = Server::start(|_, _| paid());
    let folder = Folder::with("order,token\nA1,t1\nA2,t2\nA1,t1\n\"A1\",t1\n");
    folder.run(&server.origin, &[]).says(0, "paid              2\n");
    assert_eq!(folder.written(), format!("{HEADER}A1,t1,paid,\nA2,t2,paid,\n"));
    assert_eq!(server.asked(), ["", "t1", "", "t2"]);
}

#[test]
fn one_token_for_two_orders_is_refused() {
    let server = Server::start(|_, _| paid());
    let folder = Folder::with("order,token\nA1,t1\nA2,t2\nB1,t1\n");
    folder.run(&server.origin, &[]).says(2, "line 4: its token stands on line 2 for another order");
    assert_eq!((server.asked().len(), folder.written().as_str()), (0, ""));

    // Also when the other order was done by an earlier start.
    folder.output(format!("{HEADER}A1,t1,paid,\n"));
    folder.input("order,token\nB1,t1\n");
    folder.run(&server.origin, &[]).says(2, "line 2: its token stands on line 2 of the output for another order");
    assert_eq!(server.asked().len(), 0);
}

#[test]
fn wrong_arguments_and_an_incomplete_environment() {
    let folder = Folder::with("order,token\n");
    for arguments in [
        &["--shard", "4/4"][..],
        &["--shard", "0/0"],
        &["--shard", "+0/4"],
        &["--shard", "1"],
        &["--threads", "0"],
        &["--threads", "65"],
        &["--attempts", "0"],
        &["--pause", "2m"],
        &["--timeout", "soon"],
        &["--timeout", "0s"],
        &["--timeout", "2h"],
        &["--origin", "http://shop.example"],
        &["--origin", ""],
        &["--secret-key", "x"],
        &["second.csv"],
        &["--output", "second.csv"],
    ] {
        assert_eq!(folder.run("http://127.0.0.1:1", arguments).code, Some(2), "{arguments:?}");
    }
    assert_eq!(ran(&mut bare()).code, Some(2));
    for variable in ["EKOLOPAY_API_CLIENT", "EKOLOPAY_SECRET_KEY"] {
        let mut program = folder.program("http://127.0.0.1:1");
        ran(program.arg("orders.csv").env_remove(variable)).says(2, &format!("{variable} is not set"));
        ran(program.env(variable, "a\nb")).says(2, variable);
    }
    ran(folder.program("http://127.0.0.1:1").arg("nowhere.csv")).says(2, "nowhere.csv: ");
    ran(folder.program("http://127.0.0.1:1").arg(".")).says(2, ".: ");
    assert!(!folder.path("out.csv").exists(), "an output was made in vain");
}

#[test]
fn the_origin_is_the_argument_else_the_variable_unless_empty() {
    let used = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&used);
    let counting = move |_: &str| {
        count.fetch_add(1, Ordering::SeqCst);
    };
    let sandbox = Sandbox::builder().log(counting).start().expect("a sandbox");
    let folder = Folder::with(orders(&sandbox, 1));
    folder.run("http://127.0.0.1:1", &["--origin", &sandbox.origin()]).says(0, "Done");
    assert_eq!(used.load(Ordering::SeqCst), 2);
    // Empty is not set: the real gateway is meant, and with nothing to do not asked.
    folder.run("", &[]).says(0, "Done");
    folder.run("ftp://x", &[]).says(2, "EKOLOPAY_ORIGIN must begin with");
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_read_once() {
    let server = Server::start(|_, _| paid());
    let folder = Folder::new();
    let made = Command::new("mkfifo").arg(folder.path("orders.csv")).status().expect("a pipe");
    assert!(made.success());
    let pipe = folder.path("orders.csv");
    // It blocks until the program reads, and would fail if the program went away meanwhile.
    let writing = thread::spawn(move || std::fs::write(pipe, "order,token\nA1,t1\n"));
    folder.run(&server.origin, &[]).says(0, "paid              1\n");
    writing.join().expect("its end").expect("written");
}
