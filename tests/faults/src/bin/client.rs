//! Makes the calls that its standard input asks for, on one gateway, and writes a line about each. Tests run it where
//! the whole process matters: its memory, signals, variables, threads or forks. With `FAULTS_ROOTS`, it trusts these
//! certificates.
//!
//! - `token N`, `payment N`: one call;
//! - `in-a-child N`: `payment N`, by a child process that ends after it.

use std::env;
use std::error::Error;
use std::fs;
use std::io::stdin;
use std::time::Duration;

use ekolopay::{Gateway, GatewayBuilder, InvalidInput};
use ekolopay_faults::{Call, Outcome, logs};

fn main() -> Result<(), Box<dyn Error>> {
    logs::watch();
    let at_start = memory("VmRSS:");
    let gateway = gateway().map_err(|invalid| invalid.to_string())?;
    let make = |call: Call| {
        let outcome = call.make(&gateway);
        assert!(logs::leaks().is_empty(), "the log shows the secret");
        let outcome = Outcome { growth: memory("VmHWM:").saturating_sub(at_start), ..outcome };
        println!("{}", serde_json::to_string(&outcome).expect("it is JSON"));
    };
    for line in stdin().lines() {
        let line = line?;
        let (command, number) = line.split_once(' ').ok_or("a command and a number")?;
        match (command, number.parse()?) {
            ("token", amount) => make(Call::Token(amount)),
            ("payment", number) => make(Call::Payment(number)),
            #[cfg(unix)]
            ("in-a-child", number) => match fork::fork()? {
                fork::Fork::Parent(child) => drop(fork::waitpid(child)?),
                fork::Fork::Child => {
                    make(Call::Payment(number));
                    break;
                }
            },
            _ => return Err(line.into()),
        }
    }
    Ok(())
}

fn gateway() -> Result<Gateway, InvalidInput> {
    let ms = env::var("FAULTS_TIMEOUT").ok().and_then(|ms| ms.parse().ok()).expect("a timeout");
    let builder = GatewayBuilder::from_env()?.timeout(Duration::from_millis(ms));
    match env::var("FAULTS_ROOTS") {
        Ok(pem) => builder.root_certificates(pem.as_bytes()).build(),
        Err(_) => builder.build(),
    }
}

/// A field of Linux's `status`, in KiB.
fn memory(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
