//! What one run of a program took.

use std::fmt;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::Result;

/// What one run of a program took, from its start to its end.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// As a clock on the wall has it.
    pub time: Duration,
    /// Of all its threads, in the program and in the system for it.
    pub cpu: Duration,
    /// The most memory that was resident at once, in KiB.
    pub peak: u32,
}

impl Cost {
    /// Runs the program, which must be the only child that this process ever has, and a large one beside this
    /// process: Linux counts the memory of who starts a program, until it has started, as the program's.
    ///
    /// # Errors
    ///
    /// When it cannot be run, or fails.
    pub fn of_only_child(program: &mut Command) -> Result<Cost> {
        let started = Instant::now();
        let status = program.stdout(Stdio::null()).status()?;
        let time = started.elapsed();
        if !status.success() {
            return Err(format!("{}: {status}", program.get_program().to_string_lossy()).into());
        }
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        let cpu = usage.user_time() + usage.system_time();
        let cpu = Duration::from_micros(cpu.num_microseconds().try_into()?);
        Ok(Cost { time, cpu, peak: usage.max_rss().try_into()? })
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.time.as_micros(), self.cpu.as_micros(), self.peak)
    }
}

impl FromStr for Cost {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Cost, String> {
        let numbers: Vec<u32> = text.split_whitespace().map_while(|number| number.parse().ok()).collect();
        let micros = |number: u32| Duration::from_micros(number.into());
        match numbers[..] {
            [time, cpu, peak] => Ok(Cost { time: micros(time), cpu: micros(cpu), peak }),
            _ => Err(format!("no cost: {text:?}")),
        }
    }
}
