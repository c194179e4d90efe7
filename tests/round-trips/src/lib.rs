//! What a call costs over a long line, counted: connections, handshakes and round trips.
//!
//! A [`Relay`] puts a distance before a server on this machine and counts what crosses it. [`Server`] answers as the
//! gateway does and counts what reaches it. [`FarGateway`] is the two together, and tells what a call cost by three
//! measures that know nothing of each other: the relay's count, the server's count, and the clock.

mod delayed;
mod far;
mod relay;
mod server;

pub use far::{Cost, FarGateway};
pub use relay::{Crossed, Relay};
pub use server::{Afterwards, Served, Server};
