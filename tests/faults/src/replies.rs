//! What a gateway in service answers. Each reply belongs to its request, so that a crossed one shows.

use crate::request::PartialRequest;

/// Tokens with this ending belong to orders that are not paid.
pub const UNPAID: &str = "-unpaid";

/// The token of an order of this amount.
pub fn token_of(amount: &str) -> String {
    format!("token-of-{amount}")
}

/// The JSON for this request.
pub fn json(request: &PartialRequest) -> String {
    let response = |code: u8, data: &str| {
        format!(r#"{{"response":{{"API_RESPONSE_CODE":{code},"API_RESPONSE_DATA":{{{data}}}}}}}"#)
    };
    if request.is_check() {
        return response(0, r#""clearMessage":"Token invalide""#);
    }
    if let Some(amount) = request.value("amount") {
        return response(200, &format!(r#""API_DATA":{{"purchaseToken":"{}"}}"#, token_of(&amount)));
    }
    let is_paid = !request.value("purchaseToken").is_some_and(|token| token.ends_with(UNPAID));
    response(200, &format!(r#""API_DATA":{{"payment_successful":{is_paid}}}"#))
}

/// An HTTP response with its length, and with these header lines, each with its line break.
pub fn response(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}
