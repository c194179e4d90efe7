//! What the tests of this package are made of: a server on loopback that fails as it is told, a line that is cut at any
//! byte, a call with what became of it, and an eye on the log.

#![cfg(target_os = "linux")]

mod acceptor;
mod call;
pub mod client;
mod connection;
mod cutter;
pub mod logs;
pub mod replies;
mod request;
mod script;
mod server;

pub use acceptor::Acceptor;
pub use call::{Call, CallOutcome};
pub use cutter::{Cut, Line, line_to};
pub use request::{PartialRequest, Received};
pub use script::{ReplyBytes, Script, Step};
pub use server::{FaultServer, refuse};
