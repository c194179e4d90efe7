//! The call that tells the shop how a payment ended.

use std::io::ErrorKind;
use std::time::SystemTime;

use crate::gateway::Gateway;
use crate::payments::{Delivery, Outcome};

const TIMEOUT_SECONDS: u64 = 5;

/// What `minreq` makes of an answer that is no HTTP, with a status 503.
const NO_STATUS_LINE: &str = "Server did not provide a status line";

/// Sends the callback once and records what came of it. No lock is held
/// meanwhile: the shop is expected to call `check-payment` before it answers.
pub(crate) fn deliver(gateway: &Gateway, token: &str, outcome: Outcome) {
    if let Some(url) = &gateway.settings.callback_url {
        let at = SystemTime::now();
        let body = body(token, outcome, gateway.settings.php_booleans);
        let result = post(url, body);
        gateway.payments.record(token, Delivery { at, result });
    }
}

fn body(token: &str, outcome: Outcome, php_booleans: bool) -> String {
    let successful = match (outcome == Outcome::Paid, php_booleans) {
        (true, false) => "true",
        (false, false) => "false",
        (true, true) => "1",
        (false, true) => "0",
    };
    form_urlencoded::Serializer::new(String::new())
        .append_pair("purchaseToken", token)
        .append_pair("paymentSuccessful", successful)
        .append_pair("status", outcome.status())
        .append_pair("message", outcome.message())
        .finish()
}

fn post(url: &str, body: String) -> Result<u16, String> {
    // Lazily: the status is all that counts, the body is left unread.
    let response = minreq::post(url)
        .with_header("Content-Type", "application/x-www-form-urlencoded")
        .with_header("Connection", "close")
        .with_body(body)
        .with_timeout(TIMEOUT_SECONDS)
        .with_follow_redirects(false)
        .send_lazy();
    match response {
        Ok(response) if response.reason_phrase == NO_STATUS_LINE => Err("pas de réponse HTTP".to_owned()),
        Ok(response) => Ok(response.status_code),
        Err(minreq::Error::IoError(error)) => Err(match error.kind() {
            ErrorKind::ConnectionRefused => "connexion refusée".to_owned(),
            ErrorKind::TimedOut => "délai dépassé".to_owned(),
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset => "connexion coupée".to_owned(),
            _ => error.to_string(),
        }),
        Err(error) => Err(error.to_string()),
    }
}
