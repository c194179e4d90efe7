//! Runs the program that its arguments name and prints what that took: a small process, as a measured one needs.

use std::env;
use std::process::{Command, ExitCode};

use ekolopay_growth::{Cost, Result};

fn main() -> ExitCode {
    match measured() {
        Ok(cost) => {
            println!("{cost}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measured() -> Result<Cost> {
    let mut words = env::args_os().skip(1);
    let program = words.next().ok_or("measured PROGRAM [ARGUMENT]...")?;
    Cost::of_only_child(Command::new(program).args(words))
}
