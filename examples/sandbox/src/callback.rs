//! The callback, which tells the shop how a payment ended.

use std::io::{ErrorKind, Read as _};
use std::time::{Instant, SystemTime};

use crate::app::{App, hide};
use crate::payments::{Notification, PaymentState, Settlement};

const TIMEOUT_SECONDS: u64 = 5;
const MAX_REPLY: u64 = 2_000;

/// What `minreq` reports, with the status 503, when the answer is not HTTP.
const NO_STATUS_LINE: &str = "Server did not provide a status line";

/// Tells the shop that a payment ended like this.
pub(crate) fn announce(app: &App, token: &str, settlement: Settlement, status: &str) {
    let paid = settlement == Settlement::Paid;
    let successful = if app.settings.php_booleans { u8::from(paid).to_string() } else { paid.to_string() };
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("purchaseToken", token)
        .append_pair("paymentSuccessful", &successful)
        .append_pair("status", status)
        .append_pair("message", settlement.words().message)
        .finish();
    send(app, token, body);
}

/// Sends the last callback of a payment again, or the first of one that ended without. Returns whether there was one to
/// send, or `None` for an unknown token.
pub(crate) fn again(app: &App, token: &str) -> Option<bool> {
    let payment = app.payments.get(token)?;
    match (payment.notifications.last(), payment.state) {
        _ if app.settings.callback_url.is_none() => return Some(false),
        (Some(last), _) => send(app, token, last.body.clone()),
        (None, PaymentState::Settled(settlement)) => announce(app, token, settlement, settlement.words().status),
        (None, PaymentState::Pending) => return Some(false),
    }
    Some(true)
}

/// Sends a callback once and records the result. The shop may call `check-payment` before it answers.
fn send(app: &App, token: &str, body: String) {
    let Some(url) = &app.settings.callback_url else { return };
    let (at, started) = (SystemTime::now(), Instant::now());
    let (result, reply) = match post(url, &body) {
        Ok((status, reply)) => (Ok(status), hide(&app.settings.secret_key, &reply)),
        Err(error) => (Err(error), String::new()),
    };
    let elapsed = started.elapsed();
    let said = result.as_ref().map_or_else(Clone::clone, ToString::to_string);
    app.payments.record(token, Notification { at, result, body, reply, elapsed });
    app.log("callback", url, &said, elapsed);
}

/// The status of the shop's answer and the beginning of its text.
fn post(url: &str, body: &str) -> Result<(u16, String), String> {
    let response = minreq::post(url)
        .with_header("Content-Type", "application/x-www-form-urlencoded")
        .with_header("Connection", "close")
        .with_body(body)
        .with_timeout(TIMEOUT_SECONDS)
        .with_follow_redirects(false)
        .send_lazy();
    match response {
        Ok(response) if response.reason_phrase == NO_STATUS_LINE => Err("pas de réponse HTTP".to_owned()),
        Ok(response) => {
            let (status, mut reply) = (response.status_code, Vec::new());
            // An answer that is cut keeps its status.
            let _ = response.take(MAX_REPLY).read_to_end(&mut reply);
            Ok((status, String::from_utf8_lossy(&reply).into_owned()))
        }
        Err(minreq::Error::IoError(error)) => Err(match error.kind() {
            ErrorKind::ConnectionRefused => "connexion refusée".to_owned(),
            ErrorKind::TimedOut => "délai dépassé".to_owned(),
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset => "connexion coupée".to_owned(),
            _ => error.to_string(),
        }),
        Err(error) => Err(error.to_string()),
    }
}
