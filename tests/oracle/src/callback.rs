//! « Appel de votre callback »: what a body claims, or which keys of it break a rule.

use crate::{form, input};

/// What a callback claims; the message is empty if there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub token: String,
    pub success: bool,
    pub status: String,
    pub message: String,
}

/// Reads a callback's body. The error holds the documented keys that break a rule.
pub fn claim(body: &[u8]) -> Result<Claim, Vec<&'static str>> {
    let pairs = form::pairs(body);
    let once = |key: &str, missing: Option<&str>| {
        let mut values = pairs.iter().filter(|(name, _)| name == key).map(|(_, value)| value.clone());
        let first = values.next().or(missing.map(str::to_owned));
        first.filter(|_| values.next().is_none())
    };
    let token = once("purchaseToken", None).filter(|token| input::is_token(token));
    let success = once("paymentSuccessful", None).and_then(|text| match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" | "" => Some(false),
        _ => None,
    });
    let status = once("status", None).filter(|status| !status.contains('\u{fffd}'));
    let message = once("message", Some(""));
    let documented = match status.as_deref() {
        Some("SUCCESS" | "SUCCESSFUL") => Some(true),
        Some("FAILED" | "REJECTED" | "TIMEOUT") => Some(false),
        _ => success,
    };
    input::all_hold([
        ("purchaseToken", token.is_some()),
        ("paymentSuccessful", success.is_some() && success == documented),
        ("status", status.is_some()),
        ("message", message.is_some()),
    ])?;
    Ok(Claim {
        token: token.unwrap_or_default(),
        success: success.unwrap_or_default(),
        status: status.unwrap_or_default(),
        message: message.unwrap_or_default(),
    })
}
