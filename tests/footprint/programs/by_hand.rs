//! What the programs written by hand share: all of the flow but HTTP, as a careful merchant would write it.

use std::env;
use std::error::Error;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

pub const TIMEOUT: Duration = Duration::from_secs(30);
pub const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// So many bytes of a body are read.
pub const LONGEST_REPLY: u64 = 64 * 1024;

pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// What was answered, whatever the HTTP status.
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
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
    api_data: Option<ApiData>,
    #[serde(rename = "clearMessage")]
    clear_message: Option<String>,
}

#[derive(Deserialize)]
struct ApiData {
    payment_successful: bool,
}

/// Says whether the order of a token is paid. `post` sends a form to an address.
pub fn check_payment(post: impl Fn(&str, &str) -> Outcome<Reply>) -> Outcome<()> {
    let api_client = env::var("EKOLOPAY_API_CLIENT")?;
    let secret_key = env::var("EKOLOPAY_SECRET_KEY")?;
    let origin = env::var("EKOLOPAY_ORIGIN").unwrap_or("https://ekolopay.com".to_owned());
    let token = env::args().nth(1).ok_or("which token?")?;

    let query = form(&[("api_client", &api_client)]);
    let url = format!("{origin}/api/v1/gateway/check-payment?{query}");
    in_service(&post(&url, "purchaseToken=")?)?;
    let reply = post(&url, &form(&[("purchaseToken", &token), ("secret_key", &secret_key)]))?;
    in_service(&reply)?;
    println!("{}", if is_paid(&reply)? { "paid" } else { "not paid" });
    Ok(())
}

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn in_service(reply: &Reply) -> Outcome<()> {
    match parse::<Unavailable>(reply) {
        Ok(body) if body.reason == "UNAVAILABLE_SERVICE" => Err(body.message.into()),
        _ => Ok(()),
    }
}

fn is_paid(reply: &Reply) -> Outcome<bool> {
    let Envelope { response } = parse(reply)?;
    match (response.code, response.data.api_data, response.data.clear_message) {
        (200, Some(data), _) if (200..300).contains(&reply.status) => Ok(data.payment_successful),
        (code, _, Some(message)) if code != 200 => Err(format!("refused with code {code}: {message}").into()),
        _ => Err(format!("unexpected reply, HTTP {}", reply.status).into()),
    }
}

fn parse<T: DeserializeOwned>(reply: &Reply) -> serde_json::Result<T> {
    serde_json::from_slice(&reply.body)
}
