//! A check as a careful merchant writes it, whatever the HTTP client: two requests, the same look at both replies.

use std::error::Error;

use serde::Deserialize;

use crate::{API_CLIENT, KEPT_TOKEN, SECRET_KEY};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

pub(crate) type Fields<'a> = &'a [(&'a str, &'a str)];

pub(crate) const USER_AGENT: &str = "ekolopay/0.1.0";

/// No reply is longer, or it is not the gateway's.
pub(crate) const LONGEST_REPLY: usize = 64 * 1024;

pub(crate) fn url(origin: &str) -> String {
    format!("{origin}{}", path())
}

pub(crate) fn path() -> String {
    format!("/api/v1/gateway/check-payment?api_client={API_CLIENT}")
}

/// Whether the order is paid, by a client that posts a form and gives back status and body.
pub(crate) fn check(mut post: impl FnMut(Fields<'_>) -> Result<(u16, String)>) -> Result<bool> {
    let (status, body) = post(&[("purchaseToken", "")])?;
    require_available(&body)?;
    if matches!(status, 429 | 502..=504) {
        return Err("the gateway is unavailable".into());
    }
    let (status, body) = post(&[("purchaseToken", KEPT_TOKEN), ("secret_key", SECRET_KEY)])?;
    require_available(&body)?;
    let Envelope { response } = serde_json::from_str(&body)?;
    match response.data.api_data {
        Some(data) if response.code == 200 && (200..300).contains(&status) => Ok(data.payment_successful),
        _ => Err(response.data.clear_message.unwrap_or_default().into()),
    }
}

fn require_available(body: &str) -> Result<()> {
    match serde_json::from_str(body) {
        Ok(Unavailable { reason: Some(reason) }) if reason == "UNAVAILABLE_SERVICE" => {
            Err("the gateway is unavailable".into())
        }
        _ => Ok(()),
    }
}

#[derive(Deserialize)]
struct Unavailable {
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Envelope {
    response: Response,
}

#[derive(Deserialize)]
struct Response {
    #[serde(rename = "API_RESPONSE_CODE")]
    code: i64,
    #[serde(rename = "API_RESPONSE_DATA")]
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "API_DATA")]
    api_data: Option<Payment>,
    #[serde(rename = "clearMessage")]
    clear_message: Option<String>,
}

#[derive(Deserialize)]
struct Payment {
    payment_successful: bool,
}
