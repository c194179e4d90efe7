//! A check of a payment by hand, as a careful merchant writes it, whatever the HTTP client.

use std::env;
use std::error::Error;
use std::time::Duration;

use form_urlencoded::Serializer;
use serde::Deserialize;

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

pub const TIMEOUT: Duration = Duration::from_secs(30);

pub const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// A longer body is not the gateway's.
pub const LONGEST_BODY: usize = 64 * 1024;

/// The HTTP status and the body, whatever the status.
pub type StatusAndBody = Result<(u16, Vec<u8>)>;

pub fn url(origin: &str, api_client: &str) -> String {
    format!("{origin}/api/v1/gateway/check-payment?{}", form(&[("api_client", api_client)]))
}

/// Whether the order of this token is paid. `post` sends a form to the gateway's address.
pub fn is_paid(secret_key: &str, token: &str, mut post: impl FnMut(&str) -> StatusAndBody) -> Result<bool> {
    let (status, body) = post(&form(&[("purchaseToken", "")]))?;
    require_available(&body)?;
    if matches!(status, 429 | 502..=504) {
        return Err("the gateway is unavailable".into());
    }
    let (status, body) = post(&form(&[("purchaseToken", token), ("secret_key", secret_key)]))?;
    require_available(&body)?;
    let Envelope { response } = serde_json::from_slice(&body)?;
    match (response.code, response.data.api_data, response.data.clear_message) {
        (200, Some(data), _) if (200..300).contains(&status) => Ok(data.payment_successful),
        (code, _, Some(message)) if code != 200 => Err(format!("refused with code {code}: {message}").into()),
        _ => Err(format!("unexpected response, HTTP {status}").into()),
    }
}

/// A program that prints whether an order is paid: the environment names the merchant, the first argument the token.
pub fn program(post: impl Fn(&str, &str) -> StatusAndBody) -> Result<()> {
    let origin = env::var("EKOLOPAY_ORIGIN").unwrap_or("https://ekolopay.com".to_owned());
    let url = url(&origin, &env::var("EKOLOPAY_API_CLIENT")?);
    let token = env::args().nth(1).ok_or("which token?")?;
    let paid = is_paid(&env::var("EKOLOPAY_SECRET_KEY")?, &token, |form| post(&url, form))?;
    println!("{}", if paid { "paid" } else { "not paid" });
    Ok(())
}

fn form(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn require_available(body: &[u8]) -> Result<()> {
    match serde_json::from_slice::<Unavailable>(body) {
        Ok(body) if body.reason == "UNAVAILABLE_SERVICE" => Err(body.message.into()),
        _ => Ok(()),
    }
}

#[derive(Deserialize)]
struct Unavailable {
    reason: String,
    message: String,
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
