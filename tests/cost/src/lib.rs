//! A check of a payment by hand, as a careful merchant writes it, with any HTTP client; and the clients that are compared.
#![cfg(feature = "by-hand")]

#[cfg(feature = "peers")]
pub mod peers;

use std::env;
use std::error::Error;
#[cfg(feature = "reqwest")]
use std::io::Read;
use std::time::Duration;

use form_urlencoded::Serializer;
use serde::Deserialize;

pub const TIMEOUT: Duration = Duration::from_secs(30);
pub const USER_AGENT: &str = "ekolopay/0.1.0";
pub const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";
/// A longer body is not the gateway's.
pub const LONGEST_BODY: u64 = 64 * 1024;

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The HTTP status and the body, whatever the status.
pub type StatusAndBody = Result<(u16, Vec<u8>)>;

pub fn url(origin: &str, api_client: &str) -> String {
    format!("{origin}/api/v1/gateway/check-payment?{}", form(&[("api_client", api_client)]))
}

fn form(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Whether the order of this token is paid. `post` sends a form to the gateway's address.
pub fn is_paid(secret_key: &str, token: &str, mut post: impl FnMut(&str) -> StatusAndBody) -> Result<bool> {
    let mut ask = |fields: &[(&str, &str)]| -> Result<_> {
        let (status, body) = post(&form(fields))?;
        let Reply { reason, message, response } = serde_json::from_slice(&body).unwrap_or_default();
        if reason.as_deref() == Some("UNAVAILABLE_SERVICE") || matches!(status, 429 | 502..=504) {
            return Err(message.unwrap_or_default().into());
        }
        Ok((status, response))
    };
    ask(&[("purchaseToken", "")])?;
    match ask(&[("purchaseToken", token), ("secret_key", secret_key)])? {
        (200..300, Some(Response { code: 200, data: Data { order: Some(order), .. } })) => Ok(order.payment_successful),
        (_, Some(Response { data: Data { message: Some(message), .. }, .. })) => Err(message.into()),
        (status, _) => Err(format!("unexpected response, HTTP {status}").into()),
    }
}

#[derive(Default, Deserialize)]
struct Reply {
    reason: Option<String>,
    message: Option<String>,
    response: Option<Response>,
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
    order: Option<Order>,
    #[serde(rename = "clearMessage")]
    message: Option<String>,
}

#[derive(Deserialize)]
struct Order {
    payment_successful: bool,
}

/// Prints whether an order is paid: the environment names the merchant, the first argument the token.
pub fn program<P: FnMut(&str) -> StatusAndBody>(client: impl FnOnce(String) -> P) -> Result<()> {
    let post = client(url("https://ekolopay.com", &env::var("EKOLOPAY_API_CLIENT")?));
    let token = env::args().nth(1).ok_or("which token?")?;
    let paid = is_paid(&env::var("EKOLOPAY_SECRET_KEY")?, &token, post)?;
    println!("{}", if paid { "paid" } else { "not paid" });
    Ok(())
}

/// Trusts this root, in PEM, or the bundled ones.
#[cfg(feature = "ureq")]
pub fn ureq(url: String, root: Option<&str>) -> impl FnMut(&str) -> StatusAndBody + use<> {
    let root = root.map(|pem| ureq::tls::Certificate::from_pem(pem.as_bytes()).expect("a certificate in PEM"));
    let roots = root.map_or(ureq::tls::RootCerts::WebPki, |root| [root].into());
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(TIMEOUT))
        .user_agent(USER_AGENT)
        .accept("application/json")
        .proxy(None)
        .tls_config(ureq::tls::TlsConfig::builder().root_certs(roots).build());
    let agent = config.build().new_agent();
    move |form| {
        let mut response = agent.post(&url).content_type(CONTENT_TYPE).send(form)?;
        let body = response.body_mut().with_config().limit(LONGEST_BODY).read_to_vec()?;
        Ok((response.status().as_u16(), body))
    }
}

/// Trusts this root, in PEM, and the system's.
#[cfg(feature = "reqwest")]
pub fn reqwest(url: String, root: Option<&str>) -> impl FnMut(&str) -> StatusAndBody + use<> {
    let root = root.map(|pem| reqwest::Certificate::from_pem(pem.as_bytes()).expect("a certificate in PEM"));
    let builder = reqwest::blocking::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(TIMEOUT);
    let client = builder.user_agent(USER_AGENT).no_proxy().tls_certs_merge(root).build().expect("valid settings");
    move |form| {
        let request = client.post(&url).header("Accept", "application/json").header("Content-Type", CONTENT_TYPE);
        let response = request.body(form.to_owned()).send()?;
        let (status, mut body) = (response.status().as_u16(), Vec::new());
        response.take(LONGEST_BODY).read_to_end(&mut body)?;
        Ok((status, body))
    }
}
