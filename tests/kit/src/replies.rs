//! The documented replies, byte for byte.

/// A token was created.
pub const TOKEN: &str = include_str!("../../fixtures/purchase-token.json");

/// The order is paid.
pub const PAID: &str = include_str!("../../fixtures/check-payment-paid.json");

/// The order is not paid.
pub const NOT_PAID: &str = include_str!("../../fixtures/check-payment-not-paid.json");

/// The check of a payment is refused.
pub const REFUSED: &str = include_str!("../../fixtures/check-payment-refused.json");

/// The gateway is out of service.
pub const UNAVAILABLE: &str = include_str!("../../fixtures/unavailable.json");

/// A refusal with this message.
pub fn refusal(message: &str) -> Vec<u8> {
    let data = serde_json::json!({ "API_RESPONSE_CODE": 0, "API_RESPONSE_DATA": { "clearMessage": message } });
    crate::response(200, &serde_json::json!({ "response": data }).to_string())
}
