//! The requests that the tests share. `minreq` sends them; where it can't, `raw` does.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use ekolopay_sandbox::{DEMO_SECRET_KEY, Sandbox};
use ekolopay_test_kit::{RawRequest, Server};
use serde_json::{Value, json};

pub(crate) const PURCHASE: &str = "/api/v1/gateway/purchase-token?api_client=demo";
pub(crate) const CHECK: &str = "/api/v1/gateway/check-payment?api_client=demo";
pub(crate) const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
pub(crate) const JSON: (&str, &str) = ("Content-Type", "application/json");

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    pub(crate) http: minreq::Response,
}

impl Answer {
    /// Where a 303 sends the browser.
    pub(crate) fn target(&self) -> Option<&str> {
        self.http.header("Location").filter(|_| self.status == 303)
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.http.header("Content-Type"), Some("application/json"), "{}", self.text);
        serde_json::from_str(&self.text).unwrap()
    }

    /// The data of an accepted call, or the message of a refused one, in the documented form.
    #[track_caller]
    pub(crate) fn reply(&self) -> Result<Value, String> {
        let json = self.json();
        let data = &json["response"]["API_RESPONSE_DATA"];
        let (code, reply) = match &data["clearMessage"] {
            Value::String(message) => (0, Err(message.clone())),
            _ => (200, Ok(data["API_DATA"].clone())),
        };
        let documented = json!({"response": {"API_RESPONSE_CODE": code, "API_RESPONSE_DATA": data}});
        assert_eq!((self.status, &json), (200, &documented));
        reply
    }

    #[track_caller]
    pub(crate) fn shows(&self, texts: &[&str]) {
        let missing = texts.iter().find(|text| !self.text.contains(**text));
        assert!(missing.is_none(), "{missing:?} in {}", self.text);
    }
}

pub(crate) fn request(sandbox: &Sandbox, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let method = minreq::Method::Custom(method.to_owned());
    let request = minreq::Request::new(method, sandbox.origin() + path).with_headers(headers.iter().copied());
    let http = request.with_body(body).with_follow_redirects(false).with_timeout(20).send().unwrap();
    Answer { status: http.status_code, text: http.as_str().unwrap().to_owned(), http }
}

pub(crate) fn get(sandbox: &Sandbox, path: &str) -> Answer {
    request(sandbox, "GET", path, &[], "")
}

pub(crate) fn post(sandbox: &Sandbox, path: &str, body: &str) -> Answer {
    request(sandbox, "POST", path, &[FORM], body)
}

/// A request to the JSON control.
pub(crate) fn control(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> Answer {
    request(sandbox, method, &format!("/sandbox/api/{path}"), &[JSON], body)
}

/// Sends a request without a body as it is. The answer is empty if the connection was cut.
pub(crate) fn raw(sandbox: &Sandbox, head: &str) -> String {
    let mut stream = TcpStream::connect(sandbox.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    io::read_to_string(stream).unwrap()
}

/// The callback URL of a shop that answers each callback with these bytes.
pub(crate) fn shop(answer: impl Fn(&RawRequest) -> Vec<u8> + Send + Sync + 'static) -> String {
    Server::start(answer).origin + "/callback?shop=1"
}

/// A purchase form with some values changed. An empty value leaves its field out.
pub(crate) fn order(changes: &[(&str, &str)]) -> String {
    let (product, customer) = (r#"{"label":"Achat d'un Iphone S"}"#, r#"{"phone":"066304925"}"#);
    let fields = [("amount", "150000"), ("product", product), ("customer", customer), ("secret_key", DEMO_SECRET_KEY)];
    let mut fields = BTreeMap::from(fields);
    fields.extend(changes.iter().copied());
    fields.retain(|_, value| !value.is_empty());
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

pub(crate) fn purchase(sandbox: &Sandbox, changes: &[(&str, &str)]) -> Answer {
    post(sandbox, PURCHASE, &order(changes))
}

#[track_caller]
pub(crate) fn new_token(sandbox: &Sandbox, changes: &[(&str, &str)]) -> String {
    purchase(sandbox, changes).reply().unwrap()["purchaseToken"].as_str().unwrap().to_owned()
}

pub(crate) fn check(sandbox: &Sandbox, token: &str) -> Answer {
    post(sandbox, CHECK, &format!("purchaseToken={token}&secret_key={DEMO_SECRET_KEY}"))
}

#[track_caller]
pub(crate) fn is_paid(sandbox: &Sandbox, token: &str) -> bool {
    check(sandbox, token).reply().unwrap()["payment_successful"].as_bool().unwrap()
}

/// By the payment page.
pub(crate) fn settle(sandbox: &Sandbox, token: &str, outcome: &str) -> Answer {
    post(sandbox, &format!("/purchase-product/{token}"), &format!("outcome={outcome}"))
}
