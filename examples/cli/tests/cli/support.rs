//! Runs the program, as the demo merchant, in a folder of its own; and what the tests use of other crates.

pub(crate) use std::collections::{HashMap, HashSet};
pub(crate) use std::io::{BufRead, BufReader};
pub(crate) use std::path::PathBuf;
pub(crate) use std::process::{Child, Command, Stdio};
pub(crate) use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
pub(crate) use std::sync::{Arc, Mutex, OnceLock};
pub(crate) use std::time::{Duration, Instant, SystemTime};
pub(crate) use std::{env, fs, thread};

pub(crate) use ekolopay::canned::{NOT_PAID, PAID, UNAVAILABLE};
pub(crate) use ekolopay_sandbox::{Sandbox, Settlement, Trouble};
pub(crate) use ekolopay_test_kit::{Authority, RawRequest, Server, response};
pub(crate) use humantime::{format_rfc3339_seconds, parse_rfc3339};
pub(crate) use serde_json::{Value, json};

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

/// A program with the credentials of the demo merchant, and nothing of the person who runs the tests.
pub(crate) fn merchant(program: &str, origin: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(["PATH", "SystemRoot"].map(|name| (name, env::var_os(name).unwrap_or_default())));
    command.env("EKOLOPAY_API_CLIENT", "demo").env("EKOLOPAY_SECRET_KEY", KEY).env("EKOLOPAY_ORIGIN", origin);
    command
}

/// The program with these arguments, which are split at blanks.
pub(crate) fn ekolopay(origin: &str, arguments: &str) -> Command {
    let mut program = merchant(PROGRAM, origin);
    program.args(arguments.split_whitespace());
    program
}

/// No run may panic, show the secret, or control a terminal.
pub(crate) fn run(command: Command, input: impl Into<Vec<u8>>) -> Run {
    let limit = Duration::from_secs(120);
    let output = assert_cmd::Command::from(command).write_stdin(input).timeout(limit).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    for text in [&out, &err] {
        let controls = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}');
        assert!(!text.contains(controls) && !text.contains("panicked") && !text.contains(KEY), "{text:?}");
    }
    Run { code: output.status.code().expect("neither a signal nor a time-out"), out, err }
}

pub(crate) fn run_at(origin: &str, arguments: &str) -> Run {
    run(ekolopay(origin, arguments), "")
}

/// A folder with a list, `orders.csv`, and an output, `out.csv`.
pub(crate) struct Folder(tempfile::TempDir);

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
        assert!(output.starts_with(HEADER), "{output}");
        csv::Reader::from_reader(output.as_bytes()).deserialize().collect::<Result<_, _>>().unwrap()
    }

    pub(crate) fn ekolopay(&self, origin: &str, arguments: &str) -> Command {
        let mut program = ekolopay(origin, arguments);
        program.current_dir(&self.0);
        program
    }

    pub(crate) fn reconcile(&self, origin: &str, more: &str) -> Command {
        self.ekolopay(origin, &format!("reconcile orders.csv --output out.csv {more}"))
    }

    pub(crate) fn run(&self, origin: &str, more: &str) -> Run {
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

#[cfg(unix)]
#[track_caller]
pub(crate) fn wait_until(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(20), "it takes too long");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A list of the tokens `t0`, `t1` and so on.
pub(crate) fn numbered(count: usize) -> String {
    let lines: String = (0..count).map(|number| format!("A{number},t{number}\n")).collect();
    format!("order,token\n{lines}")
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

/// A server in service that answers each check by its token.
pub(crate) fn server(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Server {
    Server::in_service(move |request| answer(token(request)))
}

fn token(request: &RawRequest) -> &str {
    request.body.split(['=', '&']).nth(1).unwrap_or_default()
}

/// The tokens that were checked, in order.
pub(crate) fn checked(server: &Server) -> Vec<String> {
    let requests = server.requests();
    requests.iter().filter(|request| !request.is_check()).map(|request| token(request).to_owned()).collect()
}

pub(crate) fn paid() -> Vec<u8> {
    response(200, PAID)
}

pub(crate) fn refusal(message: &str) -> Vec<u8> {
    response(200, &ekolopay::canned::refusal(message))
}

/// No answer, as long as the test runs.
pub(crate) fn never() -> Vec<u8> {
    thread::sleep(Duration::MAX);
    Vec::new()
}
