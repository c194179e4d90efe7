//! Makes one call in a process of its own, as the environment says, and tells what became of it. Tests run it where
//! the whole process matters: its memory, its signals, its proxy variables.

use std::env;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ekolopay_faults::{Call, Outcome, gateway_from_env, logs};
use procfs::process::Process;
use signal_hook::consts::SIGUSR1;

fn main() -> ExitCode {
    match call() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn call() -> Result<(), Box<dyn std::error::Error>> {
    logs::watch()?;
    let signalled = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGUSR1, Arc::clone(&signalled))?;
    let timeout = Duration::from_millis(env::var("FAULTS_TIMEOUT")?.parse()?);
    let number = env::var("FAULTS_NUMBER")?.parse()?;
    let call = if env::var_os("FAULTS_TOKEN").is_some() { Call::Token(number) } else { Call::Payment(number) };

    let before = resident()?.0;
    let outcome = gateway_from_env(timeout).map_or_else(|error| Outcome::of(Err(error)), |gateway| call.make(&gateway));
    let growth = resident()?.1.saturating_sub(before);

    println!("{}", outcome.what);
    println!("{}", outcome.delivery.map_or(String::new(), |delivery| format!("{delivery:?}")));
    println!("{growth}");
    println!("{}", signalled.load(Ordering::SeqCst));
    println!("{}", outcome.texts);
    let leaks = logs::leaks();
    if leaks.is_empty() { Ok(()) } else { Err(format!("the log shows the secret: {leaks:#?}").into()) }
}

/// Resident memory in KiB: now, and at its highest.
fn resident() -> Result<(u64, u64), Box<dyn std::error::Error>> {
    let status = Process::myself()?.status()?;
    Ok((status.vmrss.ok_or("no VmRSS")?, status.vmhwm.ok_or("no VmHWM")?))
}
