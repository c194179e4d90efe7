//! The sessions of the README.

use crate::support::*;

const README: &str = include_str!("../../README.md");

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
    let path = format!("{}:{}", PathBuf::from(PROGRAM).parent().unwrap().display(), env::var("PATH").unwrap());
    let sessions = README.split("```").filter_map(|block| block.strip_prefix("console\n$ "));
    let commands: Vec<&str> = sessions.flat_map(|session| session.split("\n$ ")).collect();
    assert_eq!(commands.len(), 13);
    for command in commands {
        let real = |text: &str| tokens().iter().fold(text.to_owned(), |text, (shown, real)| text.replace(shown, real));
        let (line, written) = command.split_once('\n').unwrap();
        if line == "cat orders.csv" {
            folder.write("orders.csv", real(written));
        }
        let mut shell = merchant("sh", &sandbox.origin());
        shell.args(["-c", &format!("exec 2>&1; {}", real(line))]).env("PATH", &path).current_dir(folder.path(""));
        let printed = run(shell, "").out.replace(&sandbox.address().to_string(), "127.0.0.1:8099");
        let printed = tokens().iter().fold(printed, |text, (shown, real)| text.replace(real, shown));
        assert_eq!(steady(&printed), steady(written), "$ {line}\n{printed}");
    }
}

/// Without blank lines, and with N for times and durations, which change.
fn steady(text: &str) -> Vec<String> {
    let is_time = |cell: &str| parse_rfc3339(cell).is_ok() || humantime::parse_duration(cell).is_ok();
    let cell = |cell: &str| {
        let text = cell.trim_end_matches([' ', ',']);
        if is_time(text) { cell.replace(text, "N") } else { cell.to_owned() }
    };
    let line = |line: &str| line.replace(" ms", "ms").split_inclusive([' ', ',']).map(cell).collect();
    text.lines().filter(|line| !line.is_empty()).map(line).collect()
}
