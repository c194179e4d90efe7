//! A client that writes raw bytes, and the requests that the tests share.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use ekolopay_sandbox::{DEMO_SECRET_KEY, Sandbox};
use ekolopay_test_kit::{Server, response};
use serde_json::Value;

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

    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("Content-Type"), Some("application/json"));
        serde_json::from_str(&self.body).expect("a JSON body")
    }

    /// The documented data of an accepted call.
    pub(crate) fn data(&self) -> Value {
        let json = self.json();
        assert_eq!(json["response"]["API_RESPONSE_CODE"], 200, "{json}");
        json["response"]["API_RESPONSE_DATA"]["API_DATA"].clone()
    }

    /// The documented message of a refused call.
    pub(crate) fn refusal(&self) -> String {
        assert_eq!(self.status, 200);
        let json = self.json();
        let message = json["response"]["API_RESPONSE_DATA"]["clearMessage"].as_str();
        let message = message.expect("a clearMessage").to_owned();
        let shape = serde_json::json!({"response": {
            "API_RESPONSE_CODE": 0,
            "API_RESPONSE_DATA": {"clearMessage": message},
        }});
        assert_eq!(json, shape);
        message
    }
}

/// A shop that answers every callback with this status.
pub(crate) fn shop(status: u16) -> Server {
    Server::start(move |_| response(status, ""))
}

/// A sandbox that calls this shop.
pub(crate) fn calling(shop: &Server) -> Sandbox {
    Sandbox::builder().callback_url(callback_url(shop)).start().expect("a sandbox")
}

pub(crate) fn callback_url(shop: &Server) -> String {
    format!("{}/callback?shop=1", shop.origin)
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    let timeout = Some(Duration::from_secs(20));
    stream.set_read_timeout(timeout).expect("a timeout");
    stream
}

/// One answer, by its `Content-Length`. `None` when the server closed the connection.
pub(crate) fn read_answer(stream: &TcpStream, body: bool) -> Option<Answer> {
    let mut reader = BufReader::with_capacity(1, stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let status = head.get(9..12)?.parse().ok()?;
    let mut answer = Answer { status, head, body: String::new() };
    if body {
        let length = answer.header("Content-Length")?.parse().ok()?;
        let mut bytes = vec![0; length];
        reader.read_exact(&mut bytes).ok()?;
        answer.body = String::from_utf8(bytes).ok()?;
    }
    Some(answer)
}

pub(crate) fn send(sandbox: &Sandbox, bytes: impl AsRef<[u8]>) -> Answer {
    let mut stream = connect(sandbox.address());
    stream.write_all(bytes.as_ref()).expect("sent");
    read_answer(&stream, true).expect("an answer")
}

pub(crate) fn get(sandbox: &Sandbox, path: &str) -> Answer {
    send(sandbox, format!("GET {path} HTTP/1.1\r\nHost: sandbox\r\n\r\n"))
}

pub(crate) fn post(sandbox: &Sandbox, path: &str, body: &str) -> Answer {
    post_with(sandbox, path, "", body)
}

/// With more header lines, each ended by a line break.
pub(crate) fn post_with(sandbox: &Sandbox, path: &str, headers: &str, body: &str) -> Answer {
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: sandbox\r\n{kind}\r\n{headers}");
    send(sandbox, format!("{head}Content-Length: {length}\r\n\r\n{body}"))
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
    let data = purchase(sandbox, &[]).data();
    data["purchaseToken"].as_str().expect("a token").to_owned()
}

pub(crate) fn check(sandbox: &Sandbox, token: &str) -> Answer {
    let form = encode(&[("purchaseToken", token), ("secret_key", DEMO_SECRET_KEY)]);
    post(sandbox, CHECK, &form)
}

pub(crate) fn settle(sandbox: &Sandbox, token: &str, outcome: &str) -> Answer {
    post(sandbox, &format!("/purchase-product/{token}"), &format!("outcome={outcome}"))
}
