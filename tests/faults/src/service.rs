//! A gateway in service. Each reply belongs to its request, so that a crossed one shows.

use std::io;
use std::thread;
use std::time::Duration;

use ekolopay_test_kit::{Connection, RawRequest, response, response_with};

/// Tokens with this ending belong to orders that are not paid.
pub const UNPAID: &str = "-unpaid";

/// Announces that the connection is closed.
pub const CLOSE: &str = "Connection: close\r\n";

/// The token of an order of this amount.
pub fn token_of(amount: &str) -> String {
    format!("token-of-{amount}")
}

/// The value of a key of a request's form.
pub fn value(request: &RawRequest, key: &str) -> Option<String> {
    let value = form_urlencoded::parse(request.body.as_bytes()).find(|(name, _)| name == key);
    value.map(|(_, value)| value.into_owned())
}

/// Reads a request, and makes the right JSON for it.
pub fn request(connection: &mut Connection) -> io::Result<String> {
    connection.request().map(|request| json(&request))
}

/// Reads a request, and answers it with what is made of the right JSON.
pub fn reply(connection: &mut Connection, bytes: impl FnOnce(&str) -> Vec<u8>) -> io::Result<()> {
    let json = request(connection)?;
    connection.write(&bytes(&json))
}

/// Reads a request and answers it.
pub fn answer(connection: &mut Connection) -> io::Result<()> {
    reply(connection, |json| response(200, json))
}

/// The same, and announces that the connection is closed.
pub fn last_answer(connection: &mut Connection) -> io::Result<()> {
    reply(connection, |json| response_with(200, CLOSE, json))
}

/// Answers every request.
pub fn serve(connection: &mut Connection) -> io::Result<()> {
    connection.serve(right)
}

/// The right answer to this request.
pub fn right(request: &RawRequest) -> Vec<u8> {
    response(200, &json(request))
}

/// Writes a byte at a time.
pub fn drip(connection: &mut Connection, bytes: &[u8], pause: Duration) -> io::Result<()> {
    for byte in bytes {
        thread::sleep(pause);
        connection.write(&[*byte])?;
    }
    Ok(())
}

fn json(request: &RawRequest) -> String {
    let response = |code: u8, data: &str| {
        format!(r#"{{"response":{{"API_RESPONSE_CODE":{code},"API_RESPONSE_DATA":{{{data}}}}}}}"#)
    };
    if request.is_check() {
        return response(0, r#""clearMessage":"Token invalide""#);
    }
    if let Some(amount) = value(request, "amount") {
        return response(200, &format!(r#""API_DATA":{{"purchaseToken":"{}"}}"#, token_of(&amount)));
    }
    let is_paid = !value(request, "purchaseToken").is_some_and(|token| token.ends_with(UNPAID));
    response(200, &format!(r#""API_DATA":{{"payment_successful":{is_paid}}}"#))
}
