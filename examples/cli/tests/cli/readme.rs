//! The sessions of the README, and its table of exit codes.

use std::path::Path;

use ekolopay_sandbox::{Sandbox, Settlement};

use crate::support::{Folder, NOBODY, PROGRAM, merchant, run, run_at};

const README: &str = include_str!("../../README.md");
const ORDERS: &str = "order,token
A1,cf72b35c0334e3487ae91ab1792d8929
A2,940d4e9aab5797e6055e1259b84a9875
A3,unknown
";

/// Stand in the README for the tokens of the payments, in their order.
const TOKENS: [&str; 2] = ["940d4e9aab5797e6055e1259b84a9875", "cf72b35c0334e3487ae91ab1792d8929"];

/// Each command after `$ ` prints the lines after it.
#[test]
fn the_sessions_go_as_written() {
    let (sandbox, folder) = (Sandbox::start().unwrap(), Folder::new(""));
    sandbox.settle(&sandbox.add_payment("Iphone S", 150_000), Settlement::Failed);
    let tokens = || {
        let real = sandbox.payments().into_iter().map(|payment| payment.token);
        TOKENS.into_iter().zip(real).collect::<Vec<_>>()
    };
    let path = format!("{}:{}", Path::new(PROGRAM).parent().unwrap().display(), std::env::var("PATH").unwrap());
    let sessions = README.split("```").filter_map(|block| block.strip_prefix("console\n$ "));
    let commands: Vec<&str> = sessions.flat_map(|session| session.split("\n$ ")).collect();
    assert_eq!(commands.len(), 11);
    for command in commands {
        let real = |text: &str| tokens().iter().fold(text.to_owned(), |text, (shown, real)| text.replace(shown, real));
        let (line, written) = command.split_once('\n').unwrap();
        folder.write("orders.csv", real(ORDERS));
        let mut shell = merchant("sh", &sandbox.origin());
        shell.args(["-c", &format!("exec 2>&1; {}", real(line))]).env("PATH", &path).current_dir(folder.path(""));
        let printed = run(shell, "").out.replace(&sandbox.address().to_string(), "127.0.0.1:8099");
        let printed = tokens().iter().fold(printed, |text, (shown, real)| text.replace(real, shown));
        assert_eq!(steady(&printed), steady(written), "$ {line}\n{printed}");
    }
}

/// Without blank lines, and with N for times and durations, which change.
fn steady(text: &str) -> Vec<String> {
    let is_time = |cell: &str| humantime::parse_rfc3339(cell).is_ok() || humantime::parse_duration(cell).is_ok();
    let cell = |cell: &str| if is_time(cell) { "N".to_owned() } else { cell.to_owned() };
    let line = |line: &str| line.replace(" ms", "ms").split([' ', ',']).map(cell).collect::<Vec<_>>().join(" ");
    text.lines().filter(|line| !line.is_empty()).map(line).collect()
}

#[test]
fn the_readme_has_the_exit_codes_of_the_help() {
    let help = run_at(NOBODY, "--help").out;
    let codes = help.split_once("Exit codes:\n").unwrap().1.lines().map_while(|line| line.strip_prefix("  "));
    let rows = codes.map(|line| line.split_once("  ").unwrap());
    let rows: String = rows.map(|(code, meaning)| format!("| {} | {} |\n", code.trim(), meaning.trim())).collect();
    assert!(README.contains(&format!("| code | meaning |\n|---|---|\n{rows}\n")), "{rows}");
}
