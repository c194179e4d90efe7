//! Runs the program, with nothing in its environment but what a test puts there.

use std::path::Path;
use std::time::Duration;
use std::{env, thread};

use assert_cmd::Command;
use ekolopay_sandbox::{Sandbox, Settlement};
use ekolopay_test_kit::{API_CLIENT, SECRET_KEY};
use serde_json::Value;

/// Nothing listens here.
pub(crate) const NOBODY: &str = "http://127.0.0.1:1";

pub(crate) const ORDER: [&str; 7] = ["purchase", "--amount", "150000", "--label", "Iphone", "--phone", "066304925"];

/// How one run ended, and what it wrote.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Killed when dropped.
pub(crate) struct Child(pub(crate) std::process::Child);

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Run {
    /// The only line of the standard output, as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let values = self.json_lines();
        assert_eq!(values.len(), 1, "{self:?}");
        values[0].clone()
    }

    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The program without any variable of its own.
pub(crate) fn bare() -> std::process::Command {
    ekolopay_test_kit::command(env!("CARGO_BIN_EXE_ekolopay"))
}

/// The program as the demo merchant runs it.
pub(crate) fn at(origin: &str) -> std::process::Command {
    of_merchant(bare(), origin)
}

/// A shell of the demo merchant, where the program is `ekolopay`.
pub(crate) fn shell(origin: &str, script: &str) -> std::process::Command {
    let mut shell = of_merchant(ekolopay_test_kit::command("sh"), origin);
    let folder = Path::new(env!("CARGO_BIN_EXE_ekolopay")).parent().unwrap().display();
    shell.args(["-c", script]).env("PATH", format!("{folder}:{}", env::var("PATH").unwrap()));
    shell
}

fn of_merchant(mut command: std::process::Command, origin: &str) -> std::process::Command {
    command.env("EKOLOPAY_API_CLIENT", API_CLIENT).env("EKOLOPAY_SECRET_KEY", SECRET_KEY);
    command.env("EKOLOPAY_ORIGIN", origin);
    command
}

/// Runs it to its end. No run may show the secret, or anything that controls a terminal.
#[track_caller]
pub(crate) fn run(command: std::process::Command, arguments: &[&str], input: &[u8]) -> Run {
    let mut command = Command::from_std(command);
    let output = command.args(arguments).write_stdin(input).timeout(Duration::from_secs(30)).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let run = Run { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) };
    for text in [&run.out, &run.err] {
        assert!(!text.contains(SECRET_KEY), "the secret is shown: {run:?}");
        let controls = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}');
        assert!(!text.contains(controls), "it controls the terminal: {run:?}");
        assert!(!text.contains("panicked"), "{run:?}");
    }
    run
}

#[track_caller]
pub(crate) fn run_at(origin: &str, arguments: &[&str]) -> Run {
    run(at(origin), arguments, b"")
}

/// The answer of a server that accepts a request and stays silent.
pub(crate) fn silence() -> Vec<u8> {
    loop {
        thread::park();
    }
}

/// The token of an order that is not paid yet.
pub(crate) fn new_token(sandbox: &Sandbox) -> String {
    sandbox.add_payment("Iphone S", 150_000)
}

pub(crate) fn paid_token(sandbox: &Sandbox) -> String {
    let token = new_token(sandbox);
    sandbox.settle(&token, Settlement::Paid);
    token
}
