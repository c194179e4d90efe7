//! The program, run against the sandbox and against servers that answer what a gateway should not.

mod commands;
mod doctor;
mod job;
mod list;
mod listen;
#[cfg(target_os = "linux")]
mod machine;
mod night;
mod output;
#[cfg(unix)]
mod readme;
mod support;
#[cfg(unix)]
mod terminal;
