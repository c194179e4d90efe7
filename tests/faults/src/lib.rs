//! What the tests of this package are made of: a gateway on loopback that fails as it is told, a line that is cut at
//! any byte, a call with what became of it, and an eye on the log.

use std::env;
use std::time::Duration;

use ekolopay::{Error, Gateway, GatewayBuilder};

mod call;
mod connection;
mod cutter;
pub mod gateway;
pub mod logs;
mod request;
mod script;
mod server;

// Shared with the library's own tests.
#[path = "../../support/sentinel.rs"]
mod sentinel;
#[path = "../../support/mod.rs"]
mod support;

pub use call::{Call, Outcome};
pub use cutter::{Cut, Cutter, Direction, Line};
pub use request::{Request, Seen};
pub use script::{Answer, Script, Step};
pub use server::{FaultServer, Then};

/// The secret key of every call: each encoding writes it differently.
pub fn secret() -> String {
    sentinel::secret()
}

/// The gateway of a child process: what the SDK reads from the environment, and the certificates of `FAULTS_ROOTS`.
///
/// # Errors
///
/// The SDK's.
pub fn gateway_from_env(timeout: Duration) -> Result<Gateway, Error> {
    let builder = GatewayBuilder::from_env()?.timeout(timeout);
    match env::var("FAULTS_ROOTS") {
        Ok(pem) => builder.root_certificates(pem.as_bytes()).build(),
        Err(_) => builder.build(),
    }
}

/// Fails when the text holds the secret, however it is spelt.
///
/// # Panics
///
/// When it does.
#[track_caller]
pub fn assert_hidden(text: &str) {
    sentinel::assert_hidden(text);
}
