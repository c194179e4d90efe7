//! What a person sees, and what happens when nobody reads.

use std::io::Read;
use std::process::{Command, Stdio};

use ekolopay_sandbox::Sandbox;

use crate::server::{Server, paid};
use crate::support::{Folder, bare, orders};

#[test]
fn no_bar_where_no_person_watches() {
    let server = Server::start(|_, _| paid());
    let folder = Folder::with("order,token\nA1,t1\nA2,t2\n");
    let ran = folder.run(&server.origin, &[]);
    let expected = "paid              2\nnot_paid          0\nrefused           0\nerror             0\nleft              0\n\
                    Done: every token is in out.csv.\n";
    ran.says(0, expected);
    assert_eq!(ran.err, expected);
}

#[cfg(unix)]
#[test]
fn a_bar_with_rate_and_time_left_on_a_terminal() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let folder = Folder::with(orders(&sandbox, 300));
    let (mut terminal, other_side) = pty_process::blocking::open().expect("a terminal");
    terminal.resize(pty_process::Size::new(24, 100)).expect("a size");
    let program = folder.program(&sandbox.origin());
    let mut in_terminal = pty_process::blocking::Command::new(program.get_program());
    in_terminal = in_terminal.args(program.get_args()).arg("orders.csv").env("TERM", "xterm");
    in_terminal = in_terminal.current_dir(program.get_current_dir().expect("a folder"));
    for (name, value) in program.get_envs() {
        in_terminal = match value {
            Some(value) => in_terminal.env(name, value),
            None => in_terminal.env_remove(name),
        };
    }
    let mut child = in_terminal.spawn(other_side).expect("the program");
    let mut shown = Vec::new();
    // A terminal whose program is gone ends with an error.
    let _ = terminal.read_to_end(&mut shown);
    assert!(child.wait().expect("its end").success());
    let shown = String::from_utf8_lossy(&shown);
    assert!(shown.contains(" of 300, ") && shown.contains("/s, ") && shown.contains(" left"), "{shown}");
    assert!(shown.contains("Done: every token is in out.csv."), "{shown}");
}

#[test]
fn nobody_reads_and_nothing_panics() {
    let server = Server::start(|_, _| paid());
    let folder = Folder::with("order,token\nA1,t1\n");
    folder.output("hello");
    for (arguments, code) in [(&["orders.csv"][..], 2), (&["--help"], 0), (&["orders.csv", "--output", "new.csv"], 0)] {
        let mut program = folder.program(&server.origin);
        if arguments.len() == 3 {
            program = bare();
            program.current_dir(folder.path("")).env("EKOLOPAY_API_CLIENT", "demo");
            program.env("EKOLOPAY_SECRET_KEY", "a-secret-key").env("EKOLOPAY_ORIGIN", &server.origin);
        }
        let piped = program.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("the program");
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().expect("its end").code(), Some(code), "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn closed_outputs_do_not_matter() {
    let server = Server::start(|_, _| paid());
    let folder = Folder::with("order,token\nA1,t1\nA2,t2\n");
    let program = folder.program(&server.origin);
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$0\" \"$@\" <&- >&- 2>&-"]).arg(program.get_program()).args(program.get_args());
    shell.arg("orders.csv").current_dir(folder.path("")).env("EKOLOPAY_API_CLIENT", "demo");
    shell.env("EKOLOPAY_SECRET_KEY", "a-secret-key").env("EKOLOPAY_ORIGIN", &server.origin);
    assert_eq!(shell.status().expect("its end").code(), Some(0));
    assert_eq!(folder.rows().len(), 2);
}
