//! What each target of `tests/fuzz` does with its bytes. A target panics where the SDK and the oracle differ.

use crate::compare;

pub type Target = fn(&[u8]);

/// The targets by their names.
pub const TARGETS: [(&str, Target); 5] = [
    ("callback", callback),
    ("check_payment", check_payment),
    ("origin", origin),
    ("purchase_token", purchase_token),
    ("token", token),
];

pub fn callback(body: &[u8]) {
    let _ = compare::callback(body);
}

/// A reply to check-payment and to the availability check: three digits for the HTTP status, then the body.
pub fn check_payment(input: &[u8]) {
    let (status, body) = reply(input);
    let _ = compare::check_payment(status, body);
    let _ = compare::availability(status, body);
}

/// A reply to purchase-token, written in the same way.
pub fn purchase_token(input: &[u8]) {
    let (status, body) = reply(input);
    let _ = compare::purchase_token(status, body);
}

pub fn origin(text: &[u8]) {
    compare::origin(&String::from_utf8_lossy(text));
}

/// A token; and, cut in two at the line break, credentials.
pub fn token(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    compare::token(&text);
    let (api_client, secret_key) = text.split_once('\n').unwrap_or((&text, "a-secret-key"));
    let _ = compare::credentials(api_client, secret_key);
}

/// Without three digits, the status is 200.
fn reply(input: &[u8]) -> (u16, &[u8]) {
    let status = input.get(..3).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    status.map_or((200, input), |status| (status, &input[3..]))
}
