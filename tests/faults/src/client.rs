//! Makes the calls that its standard input asks for, on one gateway, and writes a line about each. Tests run it where
//! the whole process matters: its memory, signals, proxy variables, names, threads or forks.
//!
//! - `token N`, `payment N`: one call;
//! - `at-once N`: that many calls at once, each in a thread of its own;
//! - `no-threads`: from now on the process cannot make any;
//! - `fork N`: this process and two child processes make N calls each, at the same time.

use std::env;
use std::error::Error;
use std::io::stdin;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay::{Credentials, Gateway, GatewayBuilder};
use ekolopay_test_kit::secret;
use fork::Fork;
use procfs::process::Process;
use rlimit::Resource;
use serde_json::json;
use signal_hook::consts::SIGUSR1;

use crate::{Call, CallOutcome, logs};

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The whole of the program.
pub fn run() -> Result<()> {
    let signalled = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGUSR1, Arc::clone(&signalled))?;
    logs::watch();
    let resident = status()?.vmrss.ok_or("no VmRSS")?;
    let gateway = gateway().map_err(|error| CallOutcome::of(Err(error)));
    let make = |call: Call| {
        let start = Instant::now();
        let outcome = gateway.as_ref().map_or_else(CallOutcome::clone, |gateway| call.make(gateway));
        let ms = start.elapsed().as_millis();
        assert!(logs::seen().leaks.is_empty(), "the log shows the secret");
        let highest = status().expect("/proc is there").vmhwm.expect("VmHWM is there");
        let (growth, signalled) = (highest.saturating_sub(resident), signalled.load(Ordering::SeqCst));
        println!("{}", json!({ "ms": ms, "outcome": outcome, "growth": growth, "signalled": signalled }));
    };
    for line in stdin().lines() {
        let line = line?;
        let (command, number) = line.split_once(' ').unwrap_or((&line, "0"));
        match (command, number.parse()?) {
            ("token", amount) => make(Call::Token(amount)),
            ("payment", number) => make(Call::Payment(number)),
            ("at-once", count) => thread::scope(|scope| {
                (0..count).for_each(|number| drop(scope.spawn(move || make(Call::Payment(number)))));
            }),
            ("no-threads", _) => Resource::NPROC.set(0, 0)?,
            ("fork", count) => fork_and_call(count, make)?,
            _ => return Err(line.into()),
        }
    }
    Ok(())
}

/// One process asks about paid orders only, one about others, this one about tokens: a crossed reply shows.
fn fork_and_call(count: u64, make: impl Fn(Call)) -> Result<()> {
    let calls = |process: u64| {
        for number in 0..count {
            let payment = 1_000 * process + 2 * number + process % 2;
            make(if process == 0 { Call::Token(number + 1) } else { Call::Payment(payment) });
        }
    };
    let mut children = Vec::new();
    for process in [1, 2] {
        match fork::fork()? {
            Fork::Parent(child) => children.push(child),
            Fork::Child => {
                calls(process);
                process::exit(0)
            }
        }
    }
    calls(0);
    for child in children {
        if fork::waitpid(child)? != 0 {
            return Err("a child process failed".into());
        }
    }
    Ok(())
}

/// What the SDK reads from the environment, with the certificates of `FAULTS_ROOTS` if there are any; or, with `FAULTS_NEW`, by
/// `Gateway::new`, which knows no origin but the real one.
fn gateway() -> std::result::Result<Gateway, ekolopay::Error> {
    if env::var_os("FAULTS_NEW").is_some() {
        return Ok(Gateway::new(Credentials::new("demo", secret())?));
    }
    let ms = env::var("FAULTS_TIMEOUT").ok().and_then(|ms| ms.parse().ok()).expect("a timeout");
    let builder = GatewayBuilder::from_env()?.timeout(Duration::from_millis(ms));
    let pem = env::var("FAULTS_ROOTS").expect("certificates");
    if pem.is_empty() { builder.build() } else { builder.root_certificates(pem.as_bytes()).build() }
}

fn status() -> procfs::ProcResult<procfs::process::Status> {
    Process::myself()?.status()
}
