//! Runs the program, with nothing in its environment but what a test puts there.

use std::time::Duration;

use assert_cmd::Command;
use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, Sandbox};
use serde_json::Value;

/// How one run ended, and what it wrote.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
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
        self.out.lines().map(|line| serde_json::from_str(line).expect("one JSON value a line")).collect()
    }
}

/// The program with no variable of ours and no proxy.
pub(crate) fn bare() -> std::process::Command {
    ekolopay_test_kit::command(env!("CARGO_BIN_EXE_ekolopay"))
}

/// The program as the demo merchant runs it.
pub(crate) fn at(origin: &str) -> std::process::Command {
    let mut command = bare();
    command.env("EKOLOPAY_API_CLIENT", DEMO_API_CLIENT);
    command.env("EKOLOPAY_SECRET_KEY", DEMO_SECRET_KEY);
    command.env("EKOLOPAY_ORIGIN", origin);
    command
}

/// Runs it to its end. No run may show the secret, or anything that steers a terminal.
#[track_caller]
pub(crate) fn run(command: std::process::Command, arguments: &[&str], input: &[u8]) -> Run {
    let output = Command::from_std(command)
        .args(arguments)
        .write_stdin(input)
        .timeout(Duration::from_secs(30))
        .output()
        .expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let run =
        Run { code: output.status.code().expect("an exit code"), out: text(output.stdout), err: text(output.stderr) };
    for text in [&run.out, &run.err] {
        assert!(!text.contains(DEMO_SECRET_KEY), "the secret is shown: {run:?}");
        let steers = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}');
        assert!(!text.contains(steers), "it steers a terminal: {run:?}");
        assert!(!text.contains("panicked"), "{run:?}");
    }
    run
}

#[track_caller]
pub(crate) fn run_at(origin: &str, arguments: &[&str]) -> Run {
    run(at(origin), arguments, b"")
}

/// A token of an order that is not paid yet.
pub(crate) fn new_token(sandbox: &Sandbox) -> String {
    let order = ["purchase", "--amount", "150000", "--label", "Achat d'un Iphone S", "--phone", "066304925"];
    assert_eq!(run_at(&sandbox.origin(), &order).code, 0);
    sandbox.payments().pop().expect("a payment").token
}

/// What the customer does on the payment page: `paid`, `failed`, `rejected` or `timeout`.
pub(crate) fn customer_submits(origin: &str, token: &str, outcome: &str) {
    let answer = minreq::post(format!("{origin}/purchase-product/{token}"))
        .with_header("Content-Type", "application/x-www-form-urlencoded")
        .with_body(format!("outcome={outcome}"))
        .with_follow_redirects(false)
        .send();
    assert_eq!(answer.expect("an answer").status_code, 303);
}

pub(crate) fn paid_token(sandbox: &Sandbox) -> String {
    let token = new_token(sandbox);
    customer_submits(&sandbox.origin(), &token, "paid");
    token
}

/// An origin on which nobody listens.
pub(crate) fn closed_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}
