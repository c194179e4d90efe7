//! Runs the program, and reads what it wrote.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ekolopay_test_kit::replies::PAID;
use ekolopay_test_kit::{API_CLIENT, RawRequest, SECRET_KEY, Server, command, response};
use tempfile::TempDir;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_ekolopay-reconcile");
pub(crate) const HEADER: &str = "order,token,outcome,detail\n";

/// Nothing listens here.
pub(crate) const NOBODY: &str = "http://127.0.0.1:1";

/// A folder with an input, `orders.csv`, and an output, `out.csv`.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new(input: impl AsRef<[u8]>) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("orders.csv", input);
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

    pub(crate) fn rows(&self) -> Vec<[String; 4]> {
        rows(&self.path("out.csv"))
    }

    /// A command in this folder, with the documentation's credentials.
    pub(crate) fn command(&self, program: &str, origin: &str) -> Command {
        let mut command = command(program);
        command.current_dir(self.0.path()).env("EKOLOPAY_API_CLIENT", API_CLIENT);
        command.env("EKOLOPAY_SECRET_KEY", SECRET_KEY).env("EKOLOPAY_ORIGIN", origin);
        command
    }

    pub(crate) fn program(&self, origin: &str) -> Command {
        let mut program = self.command(PROGRAM, origin);
        program.args(["--output", "out.csv"]);
        program
    }

    /// Runs the program on `orders.csv`, by default on one thread, with short pauses, and without waiting.
    pub(crate) fn run(&self, origin: &str, more: &[&str]) -> Run {
        let mut program = self.program(origin);
        program.arg("orders.csv").args(more);
        for default in [["--threads", "1"], ["--pause", "1ms"], ["--wait-for-gateway", "0"]] {
            if !more.contains(&default[0]) {
                program.args(default);
            }
        }
        run(&mut program)
    }
}

pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// Asserts the exit code and a part of the messages.
    #[track_caller]
    pub(crate) fn says(&self, code: i32, part: &str) {
        assert_eq!(self.code, Some(code), "{}", self.err);
        assert!(self.err.contains(part), "{part:?} in {}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        assert_eq!(self.out, "");
    }
}

pub(crate) fn run(program: &mut Command) -> Run {
    run_with(program, b"")
}

pub(crate) fn run_with(program: &mut Command, input: &[u8]) -> Run {
    let piped = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // The program may end before it reads everything.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

pub(crate) fn rows(path: &Path) -> Vec<[String; 4]> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    assert_eq!(reader.headers().unwrap(), &["order", "token", "outcome", "detail"][..]);
    reader.deserialize().collect::<Result<_, _>>().unwrap()
}

/// A list of the tokens `t0`, `t1` and so on.
pub(crate) fn numbered(count: usize) -> String {
    let lines: String = (0..count).map(|number| format!("A{number},t{number}\n")).collect();
    format!("order,token\n{lines}")
}

/// A server in service that answers each check by its token.
pub(crate) fn server(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Server {
    Server::in_service(move |request| answer(token(request)))
}

/// The tokens that were checked, in order.
pub(crate) fn checked(server: &Server) -> Vec<String> {
    server.calls().iter().map(|request| token(request).to_owned()).collect()
}

fn token(request: &RawRequest) -> &str {
    request.body.strip_prefix("purchaseToken=").and_then(|rest| rest.split('&').next()).unwrap()
}

pub(crate) fn paid() -> Vec<u8> {
    response(200, PAID)
}

/// `message` is JSON, with its quotes.
pub(crate) fn refusal(message: &str) -> Vec<u8> {
    let data = format!(r#"{{"API_RESPONSE_CODE":0,"API_RESPONSE_DATA":{{"clearMessage":{message}}}}}"#);
    response(200, &format!(r#"{{"response":{data}}}"#))
}
