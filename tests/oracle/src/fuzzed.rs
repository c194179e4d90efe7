//! What each target of `tests/fuzz` does with its bytes. The kept corpus goes through the same functions in
//! `tests/corpus.rs`, with no fuzzer.

use crate::compare;

/// What is done with bytes; it panics where the SDK and the oracle differ.
pub type Target = fn(&[u8]);

/// The targets by their names.
pub const TARGETS: [(&str, Target); 5] = [
    ("callback", callback),
    ("check_payment", check_payment),
    ("origin", origin),
    ("purchase_token", purchase_token),
    ("token", token),
];

/// A callback's body.
pub fn callback(input: &[u8]) {
    let _ = compare::callback(input);
}

/// A reply to check-payment, and to the availability check: three digits for the HTTP status, and the body.
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

/// An origin.
pub fn origin(input: &[u8]) {
    compare::origin(&String::from_utf8_lossy(input));
}

/// A token; and, cut in two, credentials.
pub fn token(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    compare::token(&text);
    let (api_client, secret_key) = text.split_once('\n').unwrap_or((&text, "a-secret-key"));
    let _ = compare::credentials(api_client, secret_key);
}

/// Where there are no three digits, the status is 200.
fn reply(input: &[u8]) -> (u16, &[u8]) {
    let status = input.get(..3).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    status.map_or((200, input), |status| (status, &input[3..]))
}
