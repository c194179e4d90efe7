//! What a person sees, and what happens when nobody reads.

use std::io::Read;
use std::process::Stdio;

use crate::support::{Folder, PROGRAM, numbered, paid, server};

#[test]
fn a_terminal_shows_a_progress_bar_with_rate_and_time_left() {
    let server = server(|_| paid());
    let folder = Folder::new(numbered(300));
    let (mut terminal, other_side) = pty_process::blocking::open().unwrap();
    terminal.resize(pty_process::Size::new(24, 100)).unwrap();
    let mut program = folder.program(&server.origin);
    program.arg("orders.csv").env("TERM", "xterm");
    let mut child = pty_process::blocking::Command::from(program).spawn(other_side).unwrap();
    let mut shown = Vec::new();
    // A terminal whose program is gone ends with an error.
    let _ = terminal.read_to_end(&mut shown);
    assert!(child.wait().unwrap().success());
    let shown = String::from_utf8_lossy(&shown);
    for part in [" of 300, ", "/s, ", " left", "Done: every token is in out.csv."] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[test]
fn nothing_panics_when_nobody_reads() {
    let server = server(|_| paid());
    let folder = Folder::new(numbered(2));
    folder.write("old.csv", "hello");
    for (arguments, code) in
        [(&["orders.csv", "-o", "old.csv"][..], 2), (&["--help"], 0), (&["orders.csv", "-o", "new.csv"], 0)]
    {
        let mut program = folder.command(PROGRAM, &server.origin);
        let piped = program.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().unwrap().code(), Some(code), "{arguments:?}");
    }

    // Closed streams are not the same as pipes without a reader.
    let mut shell = folder.command("sh", &server.origin);
    shell.args(["-c", "exec \"$0\" \"$@\" <&- >&- 2>&-", PROGRAM, "orders.csv", "-o", "out.csv"]);
    assert_eq!(shell.status().unwrap().code(), Some(0));
    assert_eq!(folder.rows().len(), 2);
}
