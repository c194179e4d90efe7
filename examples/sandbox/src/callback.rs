//! The callback, which tells the shop how a payment ended.

use std::io::ErrorKind;
use std::time::SystemTime;

use crate::app::App;
use crate::payments::{Notification, Settlement};

const TIMEOUT_SECONDS: u64 = 5;

/// What `minreq` reports, with the status 503, when the answer is not HTTP.
const NO_STATUS_LINE: &str = "Server did not provide a status line";

/// Sends the callback once and records the result. No lock is held meanwhile: the shop may call `check-payment` before
/// it answers.
pub(crate) fn send(app: &App, token: &str, settlement: Settlement) {
    if let Some(url) = &app.settings.callback_url {
        let at = SystemTime::now();
        let body = body(token, settlement, app.settings.php_booleans);
        let result = post(url, body);
        app.payments.record(token, Notification { at, result });
    }
}

fn body(token: &str, settlement: Settlement, php_booleans: bool) -> String {
    let paid = settlement == Settlement::Paid;
    let successful = if php_booleans { u8::from(paid).to_string() } else { paid.to_string() };
    form_urlencoded::Serializer::new(String::new())
        .append_pair("purchaseToken", token)
        .append_pair("paymentSuccessful", &successful)
        .append_pair("status", settlement.status())
        .append_pair("message", settlement.message())
        .finish()
}

fn post(url: &str, body: String) -> Result<u16, String> {
    // Only the status matters, so the body is not read.
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
