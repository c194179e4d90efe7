//! Runs the program, as the demo merchant, in a folder of its own.

use std::path::PathBuf;
use std::process::{Child, Command};
use std::{env, fs};

use ekolopay::canned::PAID;
use ekolopay_sandbox::{Sandbox, Settlement};
use ekolopay_test_kit::{RawRequest, Server, response};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_ekolopay");
pub(crate) const KEY: &str = ekolopay_sandbox::DEMO_SECRET_KEY;
pub(crate) const HEADER: &str = "order,token,outcome,answered_at,message\n";
pub(crate) const NOBODY: &str = "http://127.0.0.1:1";

#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    #[track_caller]
    pub(crate) fn says(&self, code: i32, part: &str) {
        assert!(self.code == code && self.err.contains(part), "{code} and {part:?} in {}\n{self:?}", self.err);
    }

    pub(crate) fn json(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A program with no credentials and proxies of the person who runs the tests.
pub(crate) fn bare(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let upper = name.to_string_lossy().to_uppercase();
        if upper.starts_with("EKOLOPAY_") || upper.ends_with("_PROXY") {
            command.env_remove(name);
        }
    }
    command
}

pub(crate) fn merchant(program: &str, origin: &str) -> Command {
    let mut command = bare(program);
    command.env("EKOLOPAY_API_CLIENT", "demo").env("EKOLOPAY_SECRET_KEY", KEY).env("EKOLOPAY_ORIGIN", origin);
    command
}

/// No run may panic, show the secret, or control a terminal.
#[track_caller]
pub(crate) fn run(command: Command, input: impl Into<Vec<u8>>) -> Run {
    let output = assert_cmd::Command::from(command).write_stdin(input).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    for text in [&out, &err] {
        let controls = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}');
        assert!(!text.contains(controls) && !text.contains("panicked") && !text.contains(KEY), "{text:?}");
    }
    Run { code: output.status.code().expect("no signal"), out, err }
}

#[track_caller]
pub(crate) fn run_at(origin: &str, arguments: &[&str]) -> Run {
    let mut program = merchant(PROGRAM, origin);
    program.args(arguments);
    run(program, "")
}

/// A folder with a list, `orders.csv`, and an output, `out.csv`.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new(list: impl AsRef<[u8]>) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("orders.csv", list);
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Empty if there is no output.
    pub(crate) fn output(&self) -> String {
        fs::read_to_string(self.path("out.csv")).unwrap_or_default()
    }

    pub(crate) fn rows(&self) -> Vec<[String; 5]> {
        let output = self.output();
        let mut reader = csv::Reader::from_reader(output.as_bytes());
        assert_eq!(reader.headers().unwrap(), HEADER.trim_end().split(',').collect::<Vec<_>>());
        reader.deserialize().collect::<Result<_, _>>().unwrap()
    }

    pub(crate) fn command(&self, program: &str, origin: &str) -> Command {
        let mut command = merchant(program, origin);
        command.current_dir(self.0.path());
        command
    }

    pub(crate) fn reconcile(&self, origin: &str, more: &[&str]) -> Command {
        let mut program = self.command(PROGRAM, origin);
        program.args(["reconcile", "orders.csv", "--output", "out.csv"]).args(more);
        program
    }

    #[track_caller]
    pub(crate) fn run(&self, origin: &str, more: &[&str]) -> Run {
        run(self.reconcile(origin, more), "")
    }
}

/// Killed when dropped.
pub(crate) struct Killed(pub(crate) Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// A list of the tokens `t0`, `t1` and so on.
pub(crate) fn numbered(count: usize) -> String {
    let lines: String = (0..count).map(|number| format!("A{number},t{number}\n")).collect();
    format!("order,token\n{lines}")
}

/// A server in service that answers each check by its token.
pub(crate) fn server(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Server {
    Server::in_service(move |request| answer(request.token()))
}

pub(crate) fn paid() -> Vec<u8> {
    response(200, PAID)
}

pub(crate) fn refusal(message: &str) -> Vec<u8> {
    response(200, &ekolopay::canned::refusal(message))
}

/// The tokens that were checked, in order.
pub(crate) fn checked(server: &Server) -> Vec<String> {
    server.calls().iter().map(|request: &RawRequest| request.token().to_owned()).collect()
}

/// A list of new payments, of which every other is paid, and whose orders say so.
pub(crate) fn payments(sandbox: &Sandbox, count: usize) -> String {
    let line = |number: usize| {
        let token = sandbox.add_payment("Iphone S", 150_000);
        let is_paid = number.is_multiple_of(2) && sandbox.settle(&token, Settlement::Paid).unwrap();
        format!("{} {number},{token}\n", if is_paid { "paid" } else { "not_paid" })
    };
    format!("order,token\n{}", (0..count).map(line).collect::<String>())
}

pub(crate) fn never() -> Vec<u8> {
    loop {
        std::thread::park();
    }
}
