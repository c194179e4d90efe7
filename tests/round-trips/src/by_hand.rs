use std::time::Duration;

use ureq::Agent;
use ureq::tls::{Certificate, TlsConfig};

/// What a merchant with ureq alone would write: an agent with the SDK's settings, and the two requests of a call.
#[derive(Debug)]
pub struct ByHand {
    agent: Agent,
    url: String,
    secret_key: String,
}

impl ByHand {
    /// An agent that is not yet connected.
    ///
    /// # Panics
    ///
    /// When `pem` is no certificate.
    pub fn new(origin: &str, api_client: &str, secret_key: &str, pem: Option<&str>) -> ByHand {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(30)))
            .max_idle_age(Duration::from_secs(3))
            .max_idle_connections(64)
            .max_idle_connections_per_host(64)
            .user_agent("by-hand/0.1.0")
            .accept("application/json")
            .proxy(None);
        let config = match pem {
            Some(pem) => {
                let certificate = Certificate::from_pem(pem.as_bytes()).expect("a certificate");
                config.tls_config(TlsConfig::builder().root_certs(vec![certificate].into()).build())
            }
            None => config,
        };
        ByHand {
            agent: config.build().into(),
            url: format!("{origin}/api/v1/gateway/check-payment?api_client={api_client}"),
            secret_key: secret_key.to_owned(),
        }
    }

    /// The availability check, then the call: whether the order is paid.
    ///
    /// # Errors
    ///
    /// Those of ureq.
    pub fn check_payment(&self, token: &str) -> Result<bool, ureq::Error> {
        let available = self.post("purchaseToken=")?;
        if available.contains("UNAVAILABLE_SERVICE") {
            return Ok(false);
        }
        let reply = self.post(&format!("purchaseToken={token}&secret_key={}", self.secret_key))?;
        Ok(reply.contains(r#""payment_successful":true"#))
    }

    fn post(&self, form: &str) -> Result<String, ureq::Error> {
        let request = self.agent.post(&self.url).header("Content-Type", "application/x-www-form-urlencoded");
        request.send(form)?.body_mut().with_config().limit(64 * 1024).read_to_string()
    }
}
