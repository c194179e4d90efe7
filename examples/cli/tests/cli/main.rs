//! The program, run against the sandbox and against servers that answer what no gateway should.

mod help;
mod listen;
mod program;
mod sent;
#[cfg(unix)]
mod terminal;
mod tls;
#[cfg(unix)]
mod transcript;
mod wait;
