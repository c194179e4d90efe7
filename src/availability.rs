//! « Pour tout appel aux services de l'API, il est indispensable de toujours vérifier la disponibilité du service. »
//!
//! The documentation names no endpoint for this. The check is a `check-payment` with an empty token and no secret: it
//! can neither read nor create anything, and the same service answers it.

use crate::reply::Envelope;
use crate::transport::Reply;

/// The form of the check.
pub(crate) const FORM: &[u8] = b"purchaseToken=";

/// The message of a check's reply that stops the call. Any other reply, even an error page, counts as that of a gateway
/// in service.
pub(crate) fn message_of_check(reply: &Reply) -> Option<String> {
    let envelope = Envelope::read(reply);
    message_of_outage(&envelope).or_else(|| match reply.status() {
        // The last nine: a front such as Cloudflare cannot reach the gateway.
        status @ (429 | 502..=504 | 520..=527 | 530) => {
            Some(envelope.notice().map_or_else(|| format!("HTTP {status}"), |(_, message)| message.into_owned()))
        }
        _ => None,
    })
}

/// The message of the documented reply of a gateway that is out of service, under any HTTP status.
pub(crate) fn message_of_outage(envelope: &Envelope<'_>) -> Option<String> {
    let (reason, message) = envelope.notice()?;
    (reason == "UNAVAILABLE_SERVICE").then(|| message.into_owned())
}
