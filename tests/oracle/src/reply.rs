//! « Réponse du serveur »: what each answer of the gateway means.

use crate::input;
use crate::json::{members, string};

/// Why an answer is not the one that was hoped for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Out of service, and the gateway's own words if it has any.
    Unavailable(Option<String>),
    /// The gateway's refusal: its code and its words.
    Refused(i64, String),
    /// Anything that is not documented.
    Unexpected,
}

/// Whether a call may be made, after this answer to the availability check.
///
/// # Errors
///
/// The unavailable body under any status; HTTP 429, 502, 503 and 504.
pub fn availability(status: u16, body: &[u8]) -> Result<(), Failure> {
    in_service(body)?;
    if [429, 502, 503, 504].contains(&status) { Err(Failure::Unavailable(None)) } else { Ok(()) }
}

/// The token in an answer to `POST /purchase-token`.
///
/// # Errors
///
/// Every answer that is not the documented success.
pub fn purchase_token(status: u16, body: &[u8]) -> Result<String, Failure> {
    let data = api_data(status, body)?;
    let token = data.get("purchaseToken").and_then(string);
    token.filter(|token| input::is_token(token)).ok_or(Failure::Unexpected)
}

/// Whether an answer to `POST /check-payment` says paid.
///
/// # Errors
///
/// Every answer that is not the documented success: no error means "not paid".
pub fn check_payment(status: u16, body: &[u8]) -> Result<bool, Failure> {
    let data = api_data(status, body)?;
    match unquoted(data.get("payment_successful").ok_or(Failure::Unexpected)?).as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Failure::Unexpected),
    }
}

/// The documented envelope, level by level, down to `API_DATA`.
fn api_data(status: u16, body: &[u8]) -> Result<Level<'_>, Failure> {
    in_service(body)?;
    let read = || {
        let short = std::str::from_utf8(body).ok().filter(|text| text.len() <= 65_536)?;
        let response = level(
            level(short, &["response", "reason", "message"])?.get("response")?,
            &["API_RESPONSE_CODE", "API_RESPONSE_DATA"],
        )?;
        let code = integer(response.get("API_RESPONSE_CODE")?)?;
        let data = level(response.get("API_RESPONSE_DATA")?, &["API_DATA", "clearMessage"])?;
        // Under another code it is not read: PHP writes an empty array there.
        let api_data = data.get("API_DATA").and_then(|text| level(text, &["purchaseToken", "payment_successful"]));
        Some((code, api_data, data.get("clearMessage").and_then(string)))
    };
    let redirected = status / 100 == 3;
    let successful = status / 100 == 2;
    match read() {
        Some((200, Some(api_data), _)) if successful => Ok(api_data),
        Some((code, _, Some(message))) if code != 200 && !redirected => Err(Failure::Refused(code, message)),
        _ => Err(Failure::Unexpected),
    }
}

/// « NOTEZ BIEN »: `code` and `message` are not compared.
fn in_service(body: &[u8]) -> Result<(), Failure> {
    let read = || level(std::str::from_utf8(body).ok()?, &["reason", "message"]);
    match read() {
        Some(object) if object.get("reason").and_then(string).as_deref() == Some("UNAVAILABLE_SERVICE") => {
            Err(Failure::Unavailable(object.get("message").and_then(string)))
        }
        _ => Ok(()),
    }
}

/// One level of a reply: an object in which none of the keys that are read there is given twice.
struct Level<'a>(Vec<(String, &'a str)>);

fn level<'a>(text: &'a str, read: &[&str]) -> Option<Level<'a>> {
    let members = members(text)?;
    let once = |key: &&str| members.iter().filter(|(name, _)| name == key).count() <= 1;
    read.iter().all(once).then_some(Level(members))
}

impl<'a> Level<'a> {
    fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| *value)
    }
}

/// A value, a string without its quotes: PHP may write `200` as `"200"` and `true` as `"true"`.
fn unquoted(value: &str) -> String {
    string(value).unwrap_or_else(|| value.to_owned())
}

/// An integer as it is written by everyone: no sign but a minus, no zero before it, no fraction, no exponent.
fn integer(value: &str) -> Option<i64> {
    let text = unquoted(value);
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let canonical = text == "0" || (digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0'));
    text.parse().ok().filter(|_| canonical)
}
