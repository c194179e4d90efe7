use std::error::Error;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::{API_CLIENT, Order, SECRET_KEY};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The client that a careful merchant would write on ureq: the same two requests with the same settings, the same look
/// at the availability, a bound on the reply, and no more.
#[derive(Debug)]
pub struct ByHand {
    agent: Agent,
    purchase_token_url: String,
    check_payment_url: String,
}

impl ByHand {
    /// A client of the gateway at this origin, which is on this machine, and whose certificate is vouched for by this
    /// root, in PEM.
    ///
    /// # Panics
    ///
    /// When the root is no certificate.
    pub fn new(origin: &str, root: Option<&str>) -> ByHand {
        let roots = root.map(|pem| Certificate::from_pem(pem.as_bytes()).expect("a certificate in PEM"));
        let tls = TlsConfig::builder().root_certs(roots.map_or(RootCerts::WebPki, |root| [root].into()));
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(30)))
            .max_idle_age(Duration::from_secs(3))
            .max_idle_connections(64)
            .max_idle_connections_per_host(64)
            .user_agent("ekolopay/0.1.0")
            .accept("application/json")
            .proxy(None)
            .tls_config(tls.build());
        let url = |path| format!("{origin}/api/v1/gateway/{path}?api_client={API_CLIENT}");
        ByHand {
            agent: config.build().new_agent(),
            purchase_token_url: url("purchase-token"),
            check_payment_url: url("check-payment"),
        }
    }

    /// The token of a new order.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn create_purchase_token(&self, order: &Order<'_>) -> Result<String> {
        self.check_availability()?;
        let amount = order.amount.to_string();
        let product = serde_json::to_string(&Product { label: order.label, details: order.details })?;
        let customer = serde_json::to_string(&Customer { name: order.name, phone: order.phone })?;
        let form = [("amount", &*amount), ("product", &product), ("customer", &customer), ("secret_key", SECRET_KEY)];
        let (status, body) = self.post(&self.purchase_token_url, form)?;
        decode::<TokenData>(status, &body).map(|data| data.purchase_token)
    }

    /// Whether the order of this token is paid.
    ///
    /// # Errors
    ///
    /// When that is not known.
    pub fn check_payment(&self, token: &str) -> Result<bool> {
        self.check_availability()?;
        let form = [("purchaseToken", token), ("secret_key", SECRET_KEY)];
        let (status, body) = self.post(&self.check_payment_url, form)?;
        decode::<PaymentData>(status, &body).map(|data| data.payment_successful)
    }

    fn check_availability(&self) -> Result<()> {
        let (status, body) = self.post(&self.check_payment_url, [("purchaseToken", "")])?;
        require_available(&body)?;
        if (502..=504).contains(&status) { Err("the gateway is unavailable".into()) } else { Ok(()) }
    }

    fn post<'a>(&self, url: &str, form: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<(u16, String)> {
        let mut response = self.agent.post(url).send_form(form)?;
        let body = response.body_mut().with_config().limit(64 * 1024).read_to_string()?;
        Ok((response.status().as_u16(), body))
    }
}

#[derive(Serialize)]
struct Product<'a> {
    label: &'a str,
    details: &'a str,
}

#[derive(Serialize)]
struct Customer<'a> {
    name: &'a str,
    phone: &'a str,
}

#[derive(Deserialize)]
struct Unavailable {
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Envelope<T> {
    response: Response<T>,
}

#[derive(Deserialize)]
struct Response<T> {
    #[serde(rename = "API_RESPONSE_CODE")]
    code: i64,
    #[serde(rename = "API_RESPONSE_DATA")]
    data: Data<T>,
}

#[derive(Deserialize)]
struct Data<T> {
    #[serde(rename = "API_DATA")]
    api_data: Option<T>,
    #[serde(rename = "clearMessage")]
    clear_message: Option<String>,
}

#[derive(Deserialize)]
struct TokenData {
    #[serde(rename = "purchaseToken")]
    purchase_token: String,
}

#[derive(Deserialize)]
struct PaymentData {
    payment_successful: bool,
}

fn require_available(body: &str) -> Result<()> {
    match serde_json::from_str(body) {
        Ok(Unavailable { reason: Some(reason) }) if reason == "UNAVAILABLE_SERVICE" => {
            Err("the gateway is unavailable".into())
        }
        _ => Ok(()),
    }
}

fn decode<T: for<'de> Deserialize<'de>>(status: u16, body: &str) -> Result<T> {
    require_available(body)?;
    let Envelope { response } = serde_json::from_str(body)?;
    match response.data.api_data {
        Some(data) if response.code == 200 && (200..300).contains(&status) => Ok(data),
        _ => Err(response.data.clear_message.unwrap_or_default().into()),
    }
}
