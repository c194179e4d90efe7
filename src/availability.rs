//! « Pour tout appel aux services de l'API, il est indispensable de toujours vérifier la disponibilité du service. »
//!
//! The documentation names no endpoint for it. The check is a `check-payment` with an empty token and no
//! secret: it can read nothing and create nothing, and is answered by the same service.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::reply::{self, string};
use crate::transport::Reply;

/// The form of the check.
pub(crate) const FORM: &[u8] = b"purchaseToken=";

/// What stops a call before it is made. Any other answer, an error page included, comes from a gateway in service.
pub(crate) fn examine_check(reply: &Reply) -> Result<(), Error> {
    examine(reply)?;
    match reply.status() {
        status @ (502..=504) => Err(Error::Unavailable { message: format!("HTTP {status}") }),
        _ => Ok(()),
    }
}

/// Whether this is the documented body of a gateway out of service, under any HTTP status.
pub(crate) fn examine(reply: &Reply) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        reason: Option<&'a RawValue>,
        #[serde(borrow)]
        message: Option<&'a RawValue>,
    }

    match reply::parse(reply.body()) {
        Some(Body { reason, message }) if reason.and_then(string).as_deref() == Some("UNAVAILABLE_SERVICE") => {
            let message = message.and_then(string).unwrap_or("UNAVAILABLE_SERVICE".into()).into_owned();
            Err(Error::Unavailable { message })
        }
        _ => Ok(()),
    }
}
