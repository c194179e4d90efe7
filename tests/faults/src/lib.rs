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

pub use call::{Call, Outcome};
pub use cutter::{Cut, Cutter, Direction, Line};
pub use request::{Request, Seen};
pub use script::{Answer, Script, Step};
pub use server::{FaultServer, Then};

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
