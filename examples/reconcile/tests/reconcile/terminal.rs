//! What a person sees, and what happens when nobody reads.

use ekolopay_sandbox::Sandbox;

use crate::support::{Folder, sandbox_orders};

#[cfg(unix)]
#[test]
fn a_terminal_shows_a_progress_bar_with_rate_and_time_left() {
    use std::io::Read;

    let sandbox = Sandbox::start().unwrap();
    let folder = Folder::new(sandbox_orders(&sandbox, 300));
    let (mut terminal, other_side) = pty_process::blocking::open().unwrap();
    terminal.resize(pty_process::Size::new(24, 100)).unwrap();
    let mut program = folder.program(&sandbox.origin());
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

#[cfg(unix)]
#[test]
fn nothing_panics_when_nobody_reads() {
    use std::process::Stdio;

    use crate::support::{PROGRAM, paid, server};

    let server = server(|_| paid());
    let folder = Folder::new("order,token\nA1,t1\nA2,t2\n");
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
