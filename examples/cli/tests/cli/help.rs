//! The help, the README's tables, and the completion scripts.

use crate::program::{bare, run};

const COMMANDS: [&str; 7] = ["availability", "purchase", "check", "callback", "listen", "trigger", "completions"];
const README: &str = include_str!("../../README.md");

/// The end of the help: number and meaning of each exit code.
fn codes(help: &str) -> Vec<(&str, &str)> {
    let (_, end) = help.split_once("Exit codes:\n").unwrap();
    let lines = end.lines().map_while(|line| line.strip_prefix("  ")?.split_once("  "));
    lines.map(|(number, meaning)| (number, meaning.trim())).collect()
}

#[test]
fn the_first_page_has_the_variables_and_the_exit_codes_and_each_long_page_has_examples() {
    let help = run(bare(), &["--help"], b"").out;
    let numbers: Vec<&str> = codes(&help).iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, ["0", "1", "2", "3", "4", "5", "10"]);
    for name in COMMANDS {
        assert!(help.contains(&format!("\n  {name} ")), "{name}");
        let [short, long] = ["-h", "--help"].map(|flag| run(bare(), &[name, flag], b"").out);
        let (own, shared) = short.split_once("\nOptions of every command:\n").unwrap();
        assert!(shared.contains("--json") && !own.contains("--json"), "{short}");
        assert!(long.contains(&format!("\nEXAMPLES:\n  ekolopay {name}")) && !short.contains("EXAMPLES"), "{long}");
        assert!(!long.contains("EKOLOPAY_SECRET_KEY") && long.ends_with("exit codes: ekolopay --help\n"), "{long}");
    }
    for variable in ["EKOLOPAY_API_CLIENT", "EKOLOPAY_SECRET_KEY", "EKOLOPAY_ORIGIN"] {
        assert_eq!(help.matches(&format!("\n  {variable} ")).count(), 1, "{variable}");
    }
}

#[test]
fn the_readme_has_the_same_exit_codes() {
    let help = run(bare(), &["--help"], b"").out;
    let rows = README.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        match cells[..] {
            ["6" | "130" | "143", ..] => None,
            [number, meaning, _job] if number.parse::<u8>().is_ok() => Some((number, meaning)),
            _ => None,
        }
    });
    assert_eq!(rows.collect::<Vec<_>>(), codes(&help));
}

#[test]
fn each_shell_has_its_completion_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(bare(), &["completions", shell], b"").out;
        for word in COMMANDS.iter().chain(&["ekolopay", "wait", "verify", "amount"]) {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}
