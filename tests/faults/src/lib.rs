//! What the tests and their program `client` share: a call with what became of it, a gateway's answers, an eye on the log.

mod call;
pub mod logs;
pub mod service;

pub use call::{Call, Outcome};
