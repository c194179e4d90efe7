//! The program, run against the sandbox and against servers that answer what no gateway should.

mod gateway;
mod help;
mod listen;
mod program;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod transcript;
mod wait;
