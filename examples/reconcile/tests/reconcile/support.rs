//! Runs the program in a folder, and reads what it wrote.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use ekolopay_test_kit::replies::PAID;
pub(crate) use ekolopay_test_kit::run::NOBODY;
use ekolopay_test_kit::run::{Run, merchant, run};
use ekolopay_test_kit::{Server, response};
use tempfile::TempDir;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_ekolopay-reconcile");
pub(crate) const HEADER: &str = "order,token,outcome,detail\n";

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
        self.rows_of("out.csv")
    }

    pub(crate) fn rows_of(&self, name: &str) -> Vec<[String; 4]> {
        let mut reader = csv::Reader::from_path(self.path(name)).unwrap();
        assert_eq!(reader.headers().unwrap(), &["order", "token", "outcome", "detail"][..]);
        reader.deserialize().collect::<Result<_, _>>().unwrap()
    }

    pub(crate) fn command(&self, program: &str, origin: &str) -> Command {
        let mut command = merchant(program, origin);
        command.current_dir(self.0.path());
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
        let run = run(&mut program, "");
        assert_eq!(run.out, "");
        run
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

/// The tokens that were checked, in order.
pub(crate) fn checked(server: &Server) -> Vec<String> {
    server.calls().iter().map(|request| request.token().to_owned()).collect()
}

pub(crate) fn paid() -> Vec<u8> {
    response(200, PAID)
}
