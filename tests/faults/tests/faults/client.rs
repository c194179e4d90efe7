//! The program `client`, with a gateway of its own.

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use ekolopay_faults::{Call, CallOutcome};
use ekolopay_test_kit::secret;
use serde::Deserialize;

use crate::fault::AUTHORITY;
use crate::judge;

pub(crate) struct Client {
    pub(crate) process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// No two calls are alike.
    next: u64,
}

/// What the program says about a call.
#[derive(Deserialize)]
pub(crate) struct Report {
    pub(crate) ms: u64,
    pub(crate) outcome: CallOutcome,
    /// By how much its memory grew at most, in KiB.
    pub(crate) growth: u64,
    /// Whether it got a SIGUSR1.
    pub(crate) signalled: bool,
}

impl Client {
    pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_client");

    pub(crate) fn new(origin: &str, timeout: Duration, environment: &[(&str, &str)]) -> Client {
        Client::start(Command::new(Client::PROGRAM), origin, timeout, environment)
    }

    /// Started by this command, with an environment of its own.
    pub(crate) fn start(mut command: Command, origin: &str, timeout: Duration, environment: &[(&str, &str)]) -> Client {
        command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap())
            .env("EKOLOPAY_API_CLIENT", "demo")
            .env("EKOLOPAY_SECRET_KEY", secret())
            .env("EKOLOPAY_ORIGIN", origin)
            .env("FAULTS_TIMEOUT", timeout.as_millis().to_string())
            .env("FAULTS_ROOTS", AUTHORITY.pem())
            .envs(environment.iter().copied());
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Client { process, input, output: BufReader::new(output), next: 10_000 }
    }

    pub(crate) fn say(&mut self, word: &str) {
        writeln!(self.input, "{word}").unwrap();
    }

    #[track_caller]
    pub(crate) fn reports(&mut self, count: usize) -> Vec<Report> {
        let lines: Vec<_> = self.output.by_ref().lines().take(count).map(Result::unwrap).collect();
        assert_eq!(lines.len(), count, "the program ended after {lines:?}");
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[track_caller]
    pub(crate) fn call(&mut self, call: Call) -> Report {
        self.say(&match call {
            Call::Token(amount) => format!("token {amount}"),
            Call::Payment(number) => format!("payment {number}"),
        });
        self.reports(1).remove(0)
    }

    /// A check of a payment, with what must become of it: how many milliseconds it took.
    #[track_caller]
    pub(crate) fn check(&mut self, expected: &str) -> u64 {
        self.next += 1;
        let report = self.call(Call::Payment(self.next));
        judge::is(&report.outcome, expected);
        report.ms
    }

    /// The program ends without a panic in any of its threads.
    #[track_caller]
    pub(crate) fn end(self) {
        drop(self.input);
        let ended = self.process.wait_with_output().unwrap();
        assert!(ended.status.success() && ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}
