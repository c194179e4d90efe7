//! What the program `ekolopay` shares with the night job: the command line, exit codes, errors in plain words, and Ctrl-C.

pub mod error;
pub mod exit;
pub mod gateway;
pub mod stop;
pub mod usage;
