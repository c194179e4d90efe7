//! The rows of the table of faults in `tests/README.md`: each is a test, or several, named by its number.

#![cfg(target_os = "linux")]

mod answers;
mod client;
mod connect;
mod delivery;
mod fault;
mod guide;
mod interrupted;
mod judge;
mod log;
mod memory;
mod process;
mod proxy;
mod reuse;
mod round_trips;
mod trust;
