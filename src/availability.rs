//! « Pour tout appel aux services de l'API, il est indispensable de toujours vérifier la disponibilité du service. »
//!
//! The documentation names no endpoint for it. The check is a `check-payment` with an empty token and no
//! secret: it can read nothing and create nothing, and is answered by the same service.

use crate::reply::Envelope;
use crate::transport::Reply;

/// The form of the check.
pub(crate) const FORM: &[u8] = b"purchaseToken=";

/// What stops a call before it is made, in words. Any other answer, an error page included, comes from a gateway in
/// service.
pub(crate) fn stops_call(reply: &Reply) -> Option<String> {
    out_of_service(&Envelope::read(reply)).or_else(|| match reply.status() {
        status @ (429 | 502..=504) => Some(format!("HTTP {status}")),
        _ => None,
    })
}

/// The message of the documented body of a gateway out of service, under any HTTP status.
pub(crate) fn out_of_service(envelope: &Envelope<'_>) -> Option<String> {
    const REASON: &str = "UNAVAILABLE_SERVICE";
    let out_of_service = envelope.reason().as_deref() == Some(REASON);
    out_of_service.then(|| envelope.message().unwrap_or(REASON.into()).into_owned())
}
