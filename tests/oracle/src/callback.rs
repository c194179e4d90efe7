//! « Appel de votre callback »: what a body claims, or which keys of it break a rule.

use crate::form::pairs;
use crate::input;

/// What a callback claims; the message is empty if there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub token: String,
    pub success: bool,
    pub status: String,
    pub message: String,
}

/// Reads a callback's body. The error holds every documented key that breaks a rule.
pub fn claim(body: &[u8]) -> Result<Claim, Vec<&'static str>> {
    let pairs = pairs(body);
    let mut broken = Vec::new();
    let mut value = |key: &'static str| {
        let mut values = pairs.iter().filter(|(name, _)| name == key).map(|(_, value)| value.as_str());
        let first = values.next();
        if values.next().is_some() {
            broken.push(key);
        }
        first
    };
    let (token, success) = (value("purchaseToken"), value("paymentSuccessful"));
    let (status, message) = (value("status"), value("message").unwrap_or_default());

    if !token.is_some_and(input::is_token) {
        broken.push("purchaseToken");
    }
    let success = success.and_then(|text| match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" | "" => Some(false),
        _ => None,
    });
    let contradicts = match status {
        Some("SUCCESS" | "SUCCESSFUL") => success == Some(false),
        Some("FAILED" | "REJECTED" | "TIMEOUT") => success == Some(true),
        _ => false,
    };
    if success.is_none() || contradicts {
        broken.push("paymentSuccessful");
    }
    if status.is_none_or(|status| status.contains('\u{fffd}')) {
        broken.push("status");
    }
    match (token, success, status) {
        (Some(token), Some(success), Some(status)) if broken.is_empty() => {
            Ok(Claim { token: token.to_owned(), success, status: status.to_owned(), message: message.to_owned() })
        }
        _ => Err(broken),
    }
}
