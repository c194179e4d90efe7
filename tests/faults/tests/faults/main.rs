//! What becomes of a call when the network, the system or the gateway fails.

mod answers;
mod client;
mod connect;
mod cuts;
mod fault;
mod guide;
mod interrupted;
mod judge;
mod log;
mod memory;
#[cfg(unix)]
mod process;
mod proxy;
mod reuse;
#[cfg(feature = "ureq-unversioned")]
mod round_trips;
mod trust;
