//! The program as it is run at night, against the sandbox or a server that gives the answers of a test.

mod again;
mod answers;
#[cfg(target_os = "linux")]
mod growth;
mod input;
#[cfg(target_os = "linux")]
mod machine;
mod outage;
mod output;
#[cfg(unix)]
mod readme;
mod shard;
mod stop;
mod support;
#[cfg(unix)]
mod terminal;
mod trouble;
