//! The gateway that the arguments and the environment describe.

use std::env::{self, VarError};

use ekolopay::{Credentials, Gateway};

use crate::arguments::Arguments;
use crate::exit::Failure;

const ORIGIN: &str = "EKOLOPAY_ORIGIN";

pub(crate) fn gateway(arguments: &Arguments) -> Result<Gateway, Failure> {
    let credentials = Credentials::from_env().map_err(Failure::usage)?;
    let origin = match &arguments.origin {
        Some(origin) => Some(origin.clone()),
        None => origin_from_env()?,
    };
    let mut builder = Gateway::builder(credentials)
        .timeout(arguments.timeout)
        .user_agent(concat!("ekolopay-reconcile/", env!("CARGO_PKG_VERSION")));
    if let Some(origin) = origin {
        builder = builder.origin(&origin);
    }
    builder.build().map_err(Failure::usage)
}

fn origin_from_env() -> Result<Option<String>, Failure> {
    match env::var(ORIGIN) {
        Ok(origin) => Ok(Some(origin).filter(|origin| !origin.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(Failure::usage(format_args!("{ORIGIN} is not Unicode"))),
    }
}
