//! Makes the calls that its standard input asks for, on one gateway, and tells what became of each. Tests run it where
//! names, threads or forks matter.
//!
//! - `calls N`: as many calls at once, each in a thread of its own but for a single one; a line for each;
//! - `threads`: how many threads the process has;
//! - `no-threads`: from now on it may make none;
//! - `fork N`: this process and two child processes make N calls each, at the same time; a line for each.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, stdin};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay::{Credentials, Gateway};
use ekolopay_faults::{Call, gateway_from_env};
use ekolopay_test_kit::{assert_hidden, secret};
use fork::Fork;
use rlimit::Resource;

fn main() -> Result<(), Box<dyn Error>> {
    let gateway = gateway()?;
    let numbers = AtomicU64::new(0);
    let call = || tell(&gateway, Call::Payment(numbers.fetch_add(1, Ordering::SeqCst)));
    for line in stdin().lines() {
        let line = line?;
        let (command, count) = line.split_once(' ').unwrap_or((&line, "0"));
        match (command, count.parse::<u64>()?) {
            ("calls", 1) => call(),
            ("calls", count) => thread::scope(|scope| (0..count).for_each(|_| drop(scope.spawn(call)))),
            ("threads", _) => println!("{}", fs::read_dir("/proc/self/task")?.count()),
            ("no-threads", _) => Resource::NPROC.set(0, 0)?,
            ("fork", count) => {
                // One process asks about paid orders alone, one about others, this one about tokens: a crossed reply shows.
                let calls = |process: u64| {
                    for call in 0..count {
                        let number = 1_000 * process + 2 * call;
                        tell(
                            &gateway,
                            if process == 0 { Call::Token(number + 1) } else { Call::Payment(number + process % 2) },
                        );
                    }
                };
                let child = |process| match fork::fork()? {
                    Fork::Parent(child) => Ok(child),
                    Fork::Child => {
                        calls(process);
                        process::exit(0)
                    }
                };
                let children: io::Result<Vec<_>> = [1, 2].into_iter().map(child).collect();
                calls(0);
                for child in children? {
                    if fork::waitpid(child)? != 0 {
                        return Err("a child process failed".into());
                    }
                }
            }
            _ => return Err(line.into()),
        }
    }
    Ok(())
}

/// `FAULTS_NEW`: by `Gateway::new`, which has no origin but the real one.
fn gateway() -> Result<Gateway, Box<dyn Error>> {
    if env::var_os("FAULTS_NEW").is_some() {
        return Ok(Gateway::new(Credentials::new("demo", secret())?));
    }
    let timeout = Duration::from_millis(env::var("FAULTS_TIMEOUT")?.parse()?);
    Ok(gateway_from_env(timeout)?)
}

/// `12 ms, Transport: NotSent`
fn tell(gateway: &Gateway, call: Call) {
    let start = Instant::now();
    let outcome = call.make(gateway);
    assert_hidden(&outcome.texts);
    println!("{} ms, {outcome}", start.elapsed().as_millis());
}
