//! The program, run against the sandbox and against servers that answer what a gateway should not.

mod commands;
mod doctor;
mod list;
#[cfg(target_os = "linux")]
mod machine;
mod night;
#[cfg(unix)]
mod readme;
mod support;
#[cfg(unix)]
mod terminal;
