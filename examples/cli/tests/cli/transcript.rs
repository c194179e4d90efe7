//! The session in the README, run against a local gateway.

use std::process::Command;

use ekolopay_sandbox::Sandbox;

use crate::program::at;

const README: &str = include_str!("../../README.md");

#[cfg(unix)]
#[test]
fn the_session_in_the_readme_goes_as_written() {
    let sandbox = Sandbox::start().unwrap();
    let block = README.split("```").find(|block| block.contains("$ ekolopay purchase")).unwrap();
    let written: Vec<&str> = block.lines().skip(1).filter(|line| !line.is_empty()).collect();
    let token = block.split_whitespace().find(|word| word.len() == 32).unwrap();
    let (mut ran, mut own_token) = (String::new(), "none yet".to_owned());
    for line in &written {
        let Some(command) = line.strip_prefix("$ ") else { continue };
        let mut shell = Command::new("sh");
        let program = format!("exec 2>&1; ekolopay() {{ {} \"$@\"; }}; ", env!("CARGO_BIN_EXE_ekolopay"));
        shell.arg("-c").arg(program + &command.replace(token, &own_token));
        shell.envs(at(&sandbox.origin()).get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = String::from_utf8(shell.output().unwrap().stdout).unwrap();
        if let Some(payment) = sandbox.payments().pop() {
            own_token = payment.token;
        }
        let output = output.replace(&own_token, token).replace(&sandbox.origin(), "http://127.0.0.1:8099");
        ran.extend([line, "\n", &output]);
    }
    assert_eq!(ran.lines().collect::<Vec<_>>(), written);
}
