//! The night job from outside: the real program, against a sandbox or a server that answers what a test wants.

mod answers;
#[cfg(target_os = "linux")]
mod growth;
mod input;
mod manifest;
mod output;
mod server;
mod shard;
mod stop;
mod support;
mod terminal;
mod trouble;
