//! A client that writes raw bytes, and the requests that the tests share.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use ekolopay_sandbox::{DEMO_SECRET_KEY, Sandbox};
use ekolopay_test_kit::{Server, response};
use serde_json::{Value, json};

pub(crate) const PURCHASE: &str = "/api/v1/gateway/purchase-token?api_client=demo";
pub(crate) const CHECK: &str = "/api/v1/gateway/check-payment?api_client=demo";

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Where a 303 sends the browser.
    pub(crate) fn target(&self) -> Option<&str> {
        self.header("Location").filter(|_| self.status == 303)
    }

    pub(crate) fn json(&self) -> Value {
        assert_eq!((self.status, self.header("Content-Type")), (200, Some("application/json")));
        serde_json::from_str(&self.body).unwrap()
    }

    /// The documented data of an accepted call.
    pub(crate) fn data(&self) -> Value {
        let json = self.json();
        assert_eq!(json["response"]["API_RESPONSE_CODE"], 200, "{json}");
        json["response"]["API_RESPONSE_DATA"]["API_DATA"].clone()
    }

    /// The documented message of a refused call.
    pub(crate) fn refusal(&self) -> String {
        let json = self.json();
        let message = json["response"]["API_RESPONSE_DATA"]["clearMessage"].as_str().unwrap();
        let data = json!({"clearMessage": message});
        assert_eq!(json, json!({"response": {"API_RESPONSE_CODE": 0, "API_RESPONSE_DATA": data}}));
        message.to_owned()
    }

    /// The body holds each of these texts.
    pub(crate) fn shows(&self, texts: impl IntoIterator<Item = impl AsRef<str>>) {
        for text in texts {
            assert!(self.body.contains(text.as_ref()), "{}", text.as_ref());
        }
    }
}

/// A shop that answers every callback with this status.
pub(crate) fn shop(status: u16) -> Server {
    Server::start(move |_| response(status, ""))
}

/// A sandbox that calls this shop.
pub(crate) fn calling(shop: &Server) -> Sandbox {
    Sandbox::builder().callback_url(callback_url(shop)).start().unwrap()
}

pub(crate) fn callback_url(shop: &Server) -> String {
    format!("{}/callback?shop=1", shop.origin)
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// `None` when the connection was cut.
pub(crate) fn attempt(sandbox: &Sandbox, request: impl AsRef<[u8]>) -> Option<Answer> {
    let mut stream = connect(sandbox.address());
    stream.write_all(request.as_ref()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some(Answer { status: head.get(9..12)?.parse().ok()?, head: head.to_owned(), body: body.to_owned() })
}

pub(crate) fn send(sandbox: &Sandbox, request: impl AsRef<[u8]>) -> Answer {
    attempt(sandbox, request).unwrap()
}

pub(crate) fn get(sandbox: &Sandbox, path: &str) -> Answer {
    send(sandbox, format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
}

pub(crate) fn post(sandbox: &Sandbox, path: &str, body: &str) -> Answer {
    post_with(sandbox, path, "", body)
}

/// With more header lines, each ended by a line break.
pub(crate) fn post_with(sandbox: &Sandbox, path: &str, headers: &str, body: &str) -> Answer {
    send(sandbox, form(path, headers, body))
}

fn form(path: &str, headers: &str, body: &str) -> String {
    let (kind, length) = ("application/x-www-form-urlencoded", body.len());
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n{headers}");
    format!("{head}Content-Length: {length}\r\n\r\n{body}")
}

pub(crate) fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A purchase form with some values changed. `None` removes a key.
pub(crate) fn order(changes: &[(&str, Option<&str>)]) -> String {
    let mut fields = vec![
        ("amount", "150000"),
        ("product", r#"{"label":"Achat d'un Iphone S"}"#),
        ("customer", r#"{"phone":"066304925"}"#),
        ("secret_key", DEMO_SECRET_KEY),
    ];
    for &(key, value) in changes {
        fields.retain(|(known, _)| *known != key);
        fields.extend(value.map(|value| (key, value)));
    }
    encode(&fields)
}

pub(crate) fn purchase(sandbox: &Sandbox, changes: &[(&str, Option<&str>)]) -> Answer {
    post(sandbox, PURCHASE, &order(changes))
}

pub(crate) fn new_token(sandbox: &Sandbox) -> String {
    token_for(sandbox, &[])
}

pub(crate) fn token_for(sandbox: &Sandbox, changes: &[(&str, Option<&str>)]) -> String {
    purchase(sandbox, changes).data()["purchaseToken"].as_str().unwrap().to_owned()
}

pub(crate) fn check(sandbox: &Sandbox, token: &str) -> Answer {
    try_check(sandbox, token).unwrap()
}

/// `None` when the connection was cut.
pub(crate) fn try_check(sandbox: &Sandbox, token: &str) -> Option<Answer> {
    let fields = encode(&[("purchaseToken", token), ("secret_key", DEMO_SECRET_KEY)]);
    attempt(sandbox, form(CHECK, "", &fields))
}

pub(crate) fn settle(sandbox: &Sandbox, token: &str, outcome: &str) -> Answer {
    post(sandbox, &format!("/purchase-product/{token}"), &format!("outcome={outcome}"))
}
