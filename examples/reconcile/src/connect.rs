//! The gateway that the arguments and the environment describe.

use ekolopay::{Gateway, GatewayBuilder};

use crate::arguments::Arguments;
use crate::exit::Failure;

pub(crate) fn gateway(arguments: &Arguments) -> Result<Gateway, Failure> {
    let mut builder = GatewayBuilder::from_env()
        .map_err(Failure::usage)?
        .timeout(arguments.timeout)
        .user_agent(concat!("ekolopay-reconcile/", env!("CARGO_PKG_VERSION")));
    if let Some(origin) = &arguments.origin {
        builder = builder.origin(origin);
    }
    builder.build().map_err(Failure::usage)
}
