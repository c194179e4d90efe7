//! The sessions of the README, and its table of exit codes.

use ekolopay_sandbox::{Sandbox, Settlement};

use crate::support::{Folder, PROGRAM, bare, run};

const README: &str = include_str!("../../README.md");

/// Stand in the README for the tokens of the session, in the order of their payments.
const TOKENS: [&str; 3] =
    ["cf72b35c0334e3487ae91ab1792d8929", "940d4e9aab5797e6055e1259b84a9875", "5f4dcc3b5aa765d61d8327deb882cf99"];

/// Each line that begins with `$ ` prints the lines after it. Times, which change, are those of the README.
#[test]
fn the_sessions_go_as_written() {
    let sandbox = Sandbox::start().unwrap();
    let folder = Folder::new("");
    std::fs::remove_file(folder.path("orders.csv")).unwrap();
    let known = |text: &str, to_real: bool| {
        let tokens: Vec<String> = sandbox.payments().into_iter().map(|payment| payment.token).collect();
        tokens.iter().zip(TOKENS).fold(text.to_owned(), |text, (real, shown)| {
            if to_real { text.replace(shown, real) } else { text.replace(real, shown) }
        })
    };
    let mut count = 0;
    for session in README
        .split("```")
        .filter(|block| block.starts_with("console\n$ ekolopay") || block.starts_with("console\n$ cat"))
    {
        if session.contains("cat orders.csv") {
            sandbox.settle(&sandbox.add_payment("Iphone S", 150_000), Settlement::Failed);
            folder.write(
                "orders.csv",
                known(&format!("order,token\nA1,{}\nA2,{}\nA3,unknown\n", TOKENS[0], TOKENS[1]), true),
            );
        }
        for command in session.split("\n$ ").skip(1) {
            let (line, written) = command.split_once('\n').unwrap_or((command, ""));
            let mut shell = folder.command("sh", &sandbox.origin());
            let path = std::path::Path::new(PROGRAM).parent().unwrap().display();
            shell.env("PATH", format!("{path}:{}", std::env::var("PATH").unwrap()));
            shell.args(["-c", &format!("exec 2>&1; {}", known(line, true))]);
            let printed = known(&run(shell, "").out, false).replace(&sandbox.address().to_string(), "127.0.0.1:8099");
            assert_eq!(steady(&printed), steady(written), "$ {line}\n{printed}");
            count += 1;
        }
    }
    assert!(count >= 9, "{count}");
}

/// Without blank lines, and with N for times and durations.
fn steady(text: &str) -> Vec<String> {
    let is_time = |cell: &str| humantime::parse_rfc3339(cell).is_ok() || humantime::parse_duration(cell).is_ok();
    let cells = |line: &str| {
        line.replace(" ms", "ms")
            .split_inclusive([' ', ','])
            .map(|cell| if is_time(cell.trim_end_matches([' ', ','])) { "N ".to_owned() } else { cell.to_owned() })
            .collect()
    };
    text.lines().filter(|line| !line.is_empty()).map(cells).collect()
}

#[test]
fn the_readme_has_the_exit_codes_of_the_help() {
    let mut program = bare(PROGRAM);
    program.arg("--help");
    let help = run(program, "").out;
    let codes = help.split_once("Exit codes:\n").unwrap().1.lines().take_while(|line| line.starts_with("  "));
    let rows: String = codes
        .map(|line| line.trim().split_once("  ").unwrap())
        .map(|(code, meaning)| format!("| {} | {} |\n", code.trim(), meaning.trim()))
        .collect();
    assert!(README.contains(&format!("| code | meaning |\n|---|---|\n{rows}\n")), "{rows}");
}
