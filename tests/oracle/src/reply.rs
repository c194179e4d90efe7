//! « Réponse du serveur »: what each answer of the gateway means.

use ExpectedError::{Refused, Unavailable, Unexpected};

use crate::input;
use crate::json::{members, string};

/// The error that the SDK must return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectedError {
    /// Out of service, with the gateway's message if it has one.
    Unavailable(Option<String>),
    /// The gateway's refusal: its code and its message.
    Refused(i64, String),
    /// Anything that is not documented.
    Unexpected,
}

/// Whether a call may be made after this answer to the availability check.
pub fn availability(status: u16, body: &[u8]) -> Result<(), ExpectedError> {
    in_service(body)?;
    if matches!(status, 429 | 502..=504 | 520..=527 | 530) { Err(Unavailable(None)) } else { Ok(()) }
}

/// The token in an answer to `POST /purchase-token`.
pub fn purchase_token(status: u16, body: &[u8]) -> Result<String, ExpectedError> {
    let [token, _] = api_data(status, body)?;
    token.and_then(string).filter(|token| input::is_token(token)).ok_or(Unexpected)
}

/// Whether an answer to `POST /check-payment` says paid. No error means "not paid".
pub fn check_payment(status: u16, body: &[u8]) -> Result<bool, ExpectedError> {
    let [_, paid] = api_data(status, body)?;
    match paid.map(unquoted).as_deref() {
        Some("true" | "1") => Ok(true),
        Some("false" | "0") => Ok(false),
        _ => Err(Unexpected),
    }
}

/// The documented envelope, level by level, down to `purchaseToken` and `payment_successful`.
fn api_data(status: u16, body: &[u8]) -> Result<[Option<&str>; 2], ExpectedError> {
    in_service(body)?;
    let short = || values(std::str::from_utf8(body).ok().filter(|text| text.len() <= 65_536)?, KEYS);
    let read = || {
        let [response, ..] = short()?;
        let [code, data] = values(response?, ["API_RESPONSE_CODE", "API_RESPONSE_DATA"])?;
        let code = integer(code?)?;
        let [api_data, message] = values(data?, ["API_DATA", "clearMessage"])?;
        // Beside a refusal it is not read: PHP writes an empty array there.
        let api_data = api_data.and_then(|text| values(text, ["purchaseToken", "payment_successful"]));
        Some((code, api_data, message.and_then(string)))
    };
    let notice = || {
        let [response, code, reason, message] = short()?;
        let message = message.and_then(string).or(reason.and_then(string));
        reason.and_then(string).filter(|_| response.is_none_or(|response| response == "null"))?;
        Some((integer(code?)?, None, message))
    };
    match read().or_else(notice) {
        Some((200, Some(api_data), _)) if status / 100 == 2 => Ok(api_data),
        Some((code, _, Some(message))) if code != 200 && status / 100 != 3 => Err(Refused(code, message)),
        _ => Err(Unexpected),
    }
}

/// Of the outermost object.
const KEYS: [&str; 4] = ["response", "code", "reason", "message"];

/// « NOTEZ BIEN »: `code` and `message` are not compared.
fn in_service(body: &[u8]) -> Result<(), ExpectedError> {
    let read = || values(std::str::from_utf8(body).ok()?, KEYS);
    let [_, _, reason, message] = read().unwrap_or_default().map(|value| value.and_then(string));
    match reason.as_deref() {
        Some("UNAVAILABLE_SERVICE") => Err(Unavailable(message)),
        _ => Ok(()),
    }
}

/// The values of these keys in an object where none of them is given twice.
fn values<'a, const N: usize>(object: &'a str, keys: [&str; N]) -> Option<[Option<&'a str>; N]> {
    let mut values = [None; N];
    for (name, value) in members(object)? {
        let Some(at) = keys.iter().position(|key| *key == name) else { continue };
        if values[at].replace(value).is_some() {
            return None;
        }
    }
    Some(values)
}

/// A value, or what a string says: PHP may write `200` as `"200"` and `true` as `"true"`.
fn unquoted(value: &str) -> String {
    string(value).unwrap_or_else(|| value.to_owned())
}

/// An integer in its usual spelling: no plus sign, no leading zero, no fraction, no exponent.
fn integer(value: &str) -> Option<i64> {
    let text = unquoted(value);
    text.parse().ok().filter(|number: &i64| number.to_string() == text)
}
