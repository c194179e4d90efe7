//! What each target of `tests/fuzz` does with its bytes.

use crate::compare;

pub const TARGETS: [&str; 5] = ["callback", "check_payment", "origin", "purchase_token", "token"];

/// Runs a target on these bytes. It panics where the SDK and the oracle differ.
pub fn run(target: &str, input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    // A reply is three digits for the HTTP status, 200 without them, and then the body.
    let digits = input.get(..3).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    let (status, body) = digits.map_or((200, input), |status| (status, &input[3..]));
    match target {
        "callback" => drop(compare::callback(input)),
        "check_payment" => {
            let _ = compare::check_payment(status, body);
            let _ = compare::availability(status, body);
        }
        "purchase_token" => drop(compare::purchase_token(status, body)),
        "origin" => _ = compare::origin(&text),
        "token" => {
            compare::token(&text);
            let (api_client, secret_key) = text.split_once('\n').unwrap_or((&text, "a-secret-key"));
            let _ = compare::credentials(api_client, secret_key);
        }
        other => panic!("{other} is not a target"),
    }
}
