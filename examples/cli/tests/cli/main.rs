//! The program, run against the sandbox and against servers that answer what no gateway should.

mod callback;
mod check;
mod help;
mod hostile;
mod listen;
mod no_answer;
mod program;
mod purchase;
mod secrets;
mod tls;
#[cfg(unix)]
mod transcript;
mod wait;
