//! Sessions in Markdown: that of the README, and those in `sessions.md`. Each runs with a local gateway of its own.

use ekolopay_sandbox::Sandbox;
use serde_json::Value;

use crate::program::shell;

/// Stands for the token of the session.
const TOKEN: &str = "cf72b35c0334e3487ae91ab1792d8929";

/// Runs the lines that begin with `$ `, and asserts that each prints the lines after it. Empty lines do not count.
fn assert_goes_as_written(session: &str) {
    let sandbox = Sandbox::start().unwrap();
    sandbox.set_in_service(!session.starts_with("console out-of-service"));
    let (mut ran, mut own_token) = (String::new(), TOKEN.to_owned());
    for line in session.lines().filter(|line| line.starts_with("$ ")) {
        let script = format!("exec 2>&1; {}", line[2..].replace(TOKEN, &own_token));
        let output = String::from_utf8(shell(&sandbox.origin(), &script).output().unwrap().stdout).unwrap();
        if let Some(payment) = sandbox.payments().pop() {
            own_token = payment.token;
        }
        let output = output.replace(&own_token, TOKEN).replace(&sandbox.origin(), "http://127.0.0.1:8099");
        ran.extend([line, "\n", &output]);
    }
    // The members of a JSON object have no order.
    let json = |line: &str| serde_json::from_str(line).unwrap_or(Value::from(line));
    let [ran, written] = [&*ran, session.split_once('\n').unwrap().1]
        .map(|text| text.lines().filter(|line| !line.is_empty()).map(json).collect::<Vec<_>>());
    for (ran, written) in ran.iter().zip(&written) {
        assert_eq!(ran, written);
    }
    assert_eq!(ran.len(), written.len());
}

#[test]
fn all_sessions_go_as_written() {
    for session in include_str!("../../README.md").split("```").filter(|block| block.contains("$ ekolopay purchase")) {
        assert_goes_as_written(session);
    }
    for session in include_str!("sessions.md").split("```").skip(1).step_by(2) {
        assert_goes_as_written(session);
    }
}
