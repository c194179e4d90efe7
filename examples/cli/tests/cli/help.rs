//! The help, the README's table, and the completion scripts.

use ekolopay_cli::exit::TABLE;
use ekolopay_test_kit::run::run;

use crate::program::bare;

const COMMANDS: [&str; 7] = ["availability", "purchase", "check", "callback", "listen", "trigger", "completions"];

#[test]
fn the_first_page_has_the_variables_and_the_exit_codes_and_each_long_page_has_examples() {
    let help = run(bare().arg("--help"), "").out;
    for name in COMMANDS {
        assert!(help.contains(&format!("\n  {name} ")), "{name}");
        let [short, long] = ["-h", "--help"].map(|flag| run(bare().args([name, flag]), "").out);
        let (own, shared) = short.split_once("\nOptions of every command:\n").unwrap();
        assert!(shared.contains("--json") && !own.contains("--json"), "{short}");
        assert!(long.contains(&format!("\nEXAMPLES:\n  ekolopay {name}")) && !short.contains("EXAMPLES"), "{long}");
        assert!(!long.contains("EKOLOPAY_SECRET_KEY") && long.ends_with("exit codes: ekolopay --help\n"), "{long}");
    }
    for variable in ["EKOLOPAY_API_CLIENT", "EKOLOPAY_SECRET_KEY", "EKOLOPAY_ORIGIN"] {
        assert_eq!(help.matches(&format!("\n  {variable} ")).count(), 1, "{variable}");
    }
    for (code, meaning, _) in TABLE {
        assert_eq!(help.contains(&format!("\n  {code:<3}  {meaning}\n")), !meaning.is_empty(), "{code}: {help}");
    }
}

#[test]
fn both_readmes_have_the_table_of_exit_codes() {
    let rows = TABLE.map(|(code, cli, job)| format!("| {code} | {cli} | {job} |\n").replace("|  |", "| |")).concat();
    for readme in [include_str!("../../README.md"), include_str!("../../../reconcile/README.md")] {
        assert!(readme.contains(&format!("|---|---|---|\n{rows}\n")), "{rows}");
    }
}
