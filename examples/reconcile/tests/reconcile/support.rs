//! Starting the program, and reading what it wrote.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, Sandbox, Settlement};
use tempfile::TempDir;

pub(crate) const HEADER: &str = "order,token,outcome,detail\n";

/// A folder for one test, with an input and an output.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn with(input: impl AsRef<[u8]>) -> Folder {
        let folder = Folder::new();
        folder.input(input);
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn input(&self, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path("orders.csv"), bytes).expect("written");
    }

    pub(crate) fn output(&self, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path("out.csv"), bytes).expect("written");
    }

    pub(crate) fn written(&self) -> String {
        std::fs::read_to_string(self.path("out.csv")).expect("the output")
    }

    /// The rows of the output, without its header.
    pub(crate) fn rows(&self) -> Vec<[String; 4]> {
        rows(&self.path("out.csv"))
    }

    /// The program in this folder, with the documentation's credentials.
    pub(crate) fn program(&self, origin: &str) -> Command {
        let mut program = bare();
        program
            .current_dir(self.0.path())
            .env("EKOLOPAY_API_CLIENT", DEMO_API_CLIENT)
            .env("EKOLOPAY_SECRET_KEY", DEMO_SECRET_KEY)
            .env("EKOLOPAY_ORIGIN", origin)
            .args(["--output", "out.csv"]);
        program
    }

    /// Runs it on `orders.csv`, on one thread and with short pauses unless told otherwise.
    pub(crate) fn run(&self, origin: &str, more: &[&str]) -> Ran {
        let mut program = self.program(origin);
        program.arg("orders.csv").args(more);
        for default in [["--threads", "1"], ["--pause", "1ms"]] {
            if !more.contains(&default[0]) {
                program.args(default);
            }
        }
        ran(&mut program)
    }
}

/// The program, with nothing of the tester's own credentials and proxies.
pub(crate) fn bare() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_ekolopay-reconcile"));
    for (name, _) in std::env::vars_os() {
        let lower = name.to_string_lossy().to_lowercase();
        if lower.starts_with("ekolopay_") || lower.ends_with("_proxy") {
            program.env_remove(name);
        }
    }
    program
}

pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Asserts the exit code and a part of what was said.
    #[track_caller]
    pub(crate) fn says(&self, code: i32, part: &str) {
        assert_eq!(self.code, Some(code), "{}", self.err);
        assert!(self.err.contains(part), "{part:?} in {}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        assert_eq!(self.out, "");
    }
}

pub(crate) fn ran(program: &mut Command) -> Ran {
    ran_with(program, b"")
}

pub(crate) fn ran_with(program: &mut Command, input: &[u8]) -> Ran {
    let mut child =
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
    // It may end before it read all.
    let _ = child.stdin.take().expect("stdin").write_all(input);
    let output = child.wait_with_output().expect("its end");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

pub(crate) fn rows(path: &Path) -> Vec<[String; 4]> {
    let mut reader = csv::Reader::from_path(path).expect("the output");
    assert_eq!(reader.headers().expect("a header"), &["order", "token", "outcome", "detail"][..]);
    let rows = reader.deserialize().collect::<Result<_, _>>();
    rows.expect("rows of four columns")
}

/// A sandbox with this many payments: of four, two are paid, one failed, one is pending. And their lines.
pub(crate) fn orders(sandbox: &Sandbox, count: usize) -> String {
    let lines = (0..count).map(|number| {
        let token = sandbox.add_payment("Iphone S", 150_000);
        match number % 4 {
            0 | 1 => sandbox.settle(&token, Settlement::Paid),
            2 => sandbox.settle(&token, Settlement::Failed),
            _ => None,
        };
        format!("order-{number},{token}\n")
    });
    format!("order,token\n{}", lines.collect::<String>())
}
