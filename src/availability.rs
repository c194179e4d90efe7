//! « Pour tout appel aux services de l'API, il est indispensable de toujours vérifier la disponibilité du service. »
//!
//! The documentation names no endpoint for this. The check is a `check-payment` with an empty token and no secret: it
//! can neither read nor create anything, and the same service answers it.

use crate::reply::Envelope;
use crate::transport::Reply;

/// The form of the check.
pub(crate) const FORM: &[u8] = b"purchaseToken=";

/// Why a call must not be made, in words. Any other answer, even an error page, comes from a gateway in service.
pub(crate) fn stops_call(reply: &Reply) -> Option<String> {
    out_of_service(&Envelope::read(reply)).or_else(|| match reply.status() {
        status @ (429 | 502..=504) => Some(format!("HTTP {status}")),
        _ => None,
    })
}

/// The message of the documented reply of a gateway that is out of service, under any HTTP status.
pub(crate) fn out_of_service(envelope: &Envelope<'_>) -> Option<String> {
    const REASON: &str = "UNAVAILABLE_SERVICE";
    let out_of_service = envelope.reason().as_deref() == Some(REASON);
    out_of_service.then(|| envelope.message().unwrap_or(REASON.into()).into_owned())
}
