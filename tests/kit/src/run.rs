//! Runs the programs of the workspace, and the sessions that their READMEs show.

use std::env;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;

use crate::{API_CLIENT, SECRET_KEY, command};

/// Nothing listens here.
pub const NOBODY: &str = "http://127.0.0.1:1";

/// How a program ended, and what it wrote.
#[derive(Debug)]
pub struct Run {
    /// Its exit code.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Run {
    /// Asserts the exit code and a part of the messages.
    #[track_caller]
    pub fn says(&self, code: i32, part: &str) {
        assert!(self.code == code && self.err.contains(part), "{code} and {part:?} in {self:?}\n{}", self.err);
    }

    /// The lines of the standard output, as JSON.
    #[track_caller]
    pub fn json(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }
}

/// A program as the demo merchant runs it, with nothing else in its environment.
pub fn merchant(program: &str, origin: &str) -> Command {
    let mut command = command(program);
    command.env("EKOLOPAY_API_CLIENT", API_CLIENT).env("EKOLOPAY_SECRET_KEY", SECRET_KEY);
    command.env("EKOLOPAY_ORIGIN", origin);
    command
}

/// A shell of the demo merchant that finds this program by its name.
pub fn shell(program: &str, origin: &str, script: &str) -> Command {
    let mut shell = merchant("sh", origin);
    let folder = Path::new(program).parent().expect("a path").display();
    shell.args(["-c", script]).env("PATH", format!("{folder}:{}", env::var("PATH").unwrap_or_default()));
    shell
}

/// Runs it to its end. No run may panic, show the secret, or print anything that controls a terminal.
#[track_caller]
pub fn run(command: &mut Command, input: impl AsRef<[u8]>) -> Run {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("a program");
    // It may end before it reads everything.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_ref());
    let output = child.wait_with_output().expect("an end");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let code = output.status.code().expect("no signal");
    let run = Run { code, out: text(output.stdout), err: text(output.stderr) };
    for text in [&run.out, &run.err] {
        assert!(!text.contains(SECRET_KEY), "the secret is shown: {run:?}");
        let controls = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}');
        assert!(!text.contains(controls), "it controls the terminal: {run:?}");
        assert!(!text.contains("panicked"), "{run:?}");
    }
    run
}

/// A program that is killed when this is dropped.
#[derive(Debug)]
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends it a signal, such as `TERM`.
#[track_caller]
pub fn signal(child: &Child, signal: &str) {
    let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    assert!(kill.is_ok_and(|status| status.success()), "kill -s {signal}");
}

/// Runs the lines of a session that begin with `$ `, and asserts that each prints the lines after it. Empty lines do not
/// count, and neither does the order of the members of a JSON object.
#[track_caller]
pub fn assert_goes_as_written(session: &str, mut run: impl FnMut(&str) -> String) {
    let lines = |text: &str| -> Vec<Value> {
        let lines = text.lines().filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_str(line).unwrap_or(Value::from(line))).collect()
    };
    for command in session.split("\n$ ").skip(1) {
        let (line, written) = command.split_once('\n').unwrap_or((command, ""));
        assert_eq!(lines(&run(line)), lines(written), "$ {line}");
    }
}

/// The answer of a server that accepts a request and stays silent.
pub fn silence() -> Vec<u8> {
    loop {
        thread::park();
    }
}

/// A program in a terminal of 100 columns.
#[cfg(all(unix, feature = "terminal"))]
pub fn in_terminal(mut program: Command) -> (Child, pty_process::blocking::Pty) {
    program.env("TERM", "xterm");
    let (terminal, other_side) = pty_process::blocking::open().expect("a terminal");
    terminal.resize(pty_process::Size::new(24, 100)).expect("a size");
    (pty_process::blocking::Command::from(program).spawn(other_side).expect("a program"), terminal)
}

/// What a terminal shows until its program ends, and the exit code.
#[cfg(all(unix, feature = "terminal"))]
pub fn shown(child: &mut Child, terminal: &mut impl std::io::Read) -> (i32, String) {
    let mut shown = Vec::new();
    // Without the program, reading the terminal ends with an error.
    let _ = terminal.read_to_end(&mut shown);
    let code = child.wait().expect("an end").code().expect("no signal");
    (code, String::from_utf8_lossy(&shown).into_owned())
}
