//! Makes the calls that its standard input asks for, on one gateway, and writes a line about each. Tests run it where
//! the whole process matters: its memory, signals, proxy variables, names, threads or forks.
//!
//! - `token N`, `payment N`: one call;
//! - `no-threads`: from now on the process has no memory for another thread;
//! - `in-a-child N`: `payment N`, by a child process that ends after it.

use std::env;
use std::error::Error;
use std::io::stdin;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ekolopay::{Gateway, GatewayBuilder, InvalidInput};
use fork::Fork;
use procfs::process::Process;
use rlimit::Resource;
use serde_json::json;
use signal_hook::consts::SIGUSR1;

use crate::{Call, CallOutcome, logs};

/// A thread's stack does not fit in here.
const ROOM_FOR_BUFFERS: u64 = 1 << 20;

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The whole of the program.
pub fn run() -> Result<()> {
    let signalled = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGUSR1, Arc::clone(&signalled))?;
    logs::watch();
    let resident = status()?.vmrss.ok_or("no VmRSS")?;
    let gateway = gateway().map_err(|invalid| CallOutcome::of(Err(invalid.into())));
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
            ("no-threads", _) => {
                let most = status()?.vmsize.ok_or("no VmSize")? * 1024 + ROOM_FOR_BUFFERS;
                Resource::AS.set(most, most)?;
            }
            ("in-a-child", number) => match fork::fork()? {
                Fork::Parent(child) => drop(fork::waitpid(child)?),
                Fork::Child => {
                    make(Call::Payment(number));
                    process::exit(0)
                }
            },
            _ => return Err(line.into()),
        }
    }
    Ok(())
}

/// What the SDK reads from the environment, with the certificates of `FAULTS_ROOTS` if there are any.
fn gateway() -> std::result::Result<Gateway, InvalidInput> {
    let ms = env::var("FAULTS_TIMEOUT").ok().and_then(|ms| ms.parse().ok()).expect("a timeout");
    let builder = GatewayBuilder::from_env()?.timeout(Duration::from_millis(ms));
    let pem = env::var("FAULTS_ROOTS").expect("certificates");
    if pem.is_empty() { builder.build() } else { builder.root_certificates(pem.as_bytes()).build() }
}

fn status() -> procfs::ProcResult<procfs::process::Status> {
    Process::myself()?.status()
}
