//! A client that writes raw bytes, a shop that answers as it is told, and the requests that the tests share.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::{DEMO_SECRET_KEY, Notification, Sandbox};
use serde_json::{Value, json};

pub(crate) const PURCHASE: &str = "/api/v1/gateway/purchase-token?api_client=demo";
pub(crate) const CHECK: &str = "/api/v1/gateway/check-payment?api_client=demo";
pub(crate) const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &'_ str| line.get(..name.len()).is_some_and(|known| known.eq_ignore_ascii_case(name));
        self.head.lines().find(|line| named(line)).map(|line| line[name.len() + 1..].trim())
    }

    /// Where a 303 sends the browser.
    pub(crate) fn target(&self) -> Option<&str> {
        self.header("Location").filter(|_| self.status == 303)
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("Content-Type"), Some("application/json"), "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }

    /// The documented data of an accepted call.
    #[track_caller]
    pub(crate) fn data(&self) -> Value {
        let mut json = self.json();
        assert_eq!((self.status, &json["response"]["API_RESPONSE_CODE"]), (200, &json!(200)), "{json}");
        json["response"]["API_RESPONSE_DATA"]["API_DATA"].take()
    }

    /// The documented message of a refused call.
    #[track_caller]
    pub(crate) fn refusal(&self) -> String {
        let json = self.json();
        let data = &json["response"]["API_RESPONSE_DATA"];
        assert_eq!(json, json!({"response": {"API_RESPONSE_CODE": 0, "API_RESPONSE_DATA": data}}));
        data["clearMessage"].as_str().expect("a refusal").to_owned()
    }

    #[track_caller]
    pub(crate) fn shows(&self, texts: &[&str]) {
        let missing = texts.iter().find(|text| !self.body.contains(**text));
        assert!(missing.is_none(), "{missing:?} in {}", self.body);
    }
}

/// The callback URL of a shop. It answers each callback with what the function makes of the body.
pub(crate) fn shop(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, answer) = (format!("http://{}/callback?shop=1", listener.local_addr().unwrap()), Arc::new(answer));
    thread::spawn(move || {
        for mut stream in listener.incoming().map(Result::unwrap) {
            let answer = Arc::clone(&answer);
            thread::spawn(move || stream.write_all(answer(&read(&stream).unwrap().1).as_bytes()));
        }
    });
    url
}

/// A head with its line breaks, and the body that it announces.
fn read(stream: &TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let start = head.len();
        reader.read_line(&mut head).ok().filter(|read| *read > 0)?;
        let line = head[start..].to_ascii_lowercase();
        length = line.strip_prefix("content-length: ").map_or(length, |text| text.trim().parse().unwrap());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).unwrap()))
}

/// `None` when the connection was cut.
pub(crate) fn attempt(sandbox: &Sandbox, request: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(sandbox.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let (head, body) = read(&stream)?;
    Some(Answer { status: head.get(9..12)?.parse().ok()?, head, body })
}

/// Any method, with more header lines, each ended by a line break.
pub(crate) fn request(sandbox: &Sandbox, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {}", body.len());
    attempt(sandbox, &format!("{head}\r\n\r\n{body}")).expect("an answer")
}

pub(crate) fn get(sandbox: &Sandbox, path: &str) -> Answer {
    request(sandbox, "GET", path, "", "")
}

pub(crate) fn post(sandbox: &Sandbox, path: &str, body: &str) -> Answer {
    request(sandbox, "POST", path, FORM, body)
}

/// A purchase form with some values changed. `None` removes a key.
pub(crate) fn order(changes: &[(&str, Option<&str>)]) -> String {
    let (product, customer) = (r#"{"label":"Achat d'un Iphone S"}"#, r#"{"phone":"066304925"}"#);
    let fields = [("amount", "150000"), ("product", product), ("customer", customer), ("secret_key", DEMO_SECRET_KEY)];
    let changed_to = |key: &str| changes.iter().find(|(known, _)| *known == key);
    let fields = fields.map(|(key, value)| (key, changed_to(key).map_or(Some(value), |(_, value)| *value)));
    let fields = fields.into_iter().filter_map(|(key, value)| Some((key, value?)));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

pub(crate) fn purchase(sandbox: &Sandbox, changes: &[(&str, Option<&str>)]) -> Answer {
    post(sandbox, PURCHASE, &order(changes))
}

#[track_caller]
pub(crate) fn token_for(sandbox: &Sandbox, field: &str, value: &str) -> String {
    purchase(sandbox, &[(field, Some(value))]).data()["purchaseToken"].as_str().unwrap().to_owned()
}

#[track_caller]
pub(crate) fn new_token(sandbox: &Sandbox) -> String {
    token_for(sandbox, "amount", "150000")
}

pub(crate) fn check(sandbox: &Sandbox, token: &str) -> Answer {
    post(sandbox, CHECK, &format!("purchaseToken={token}&secret_key={DEMO_SECRET_KEY}"))
}

#[track_caller]
pub(crate) fn is_paid(sandbox: &Sandbox, token: &str) -> bool {
    check(sandbox, token).data()["payment_successful"].as_bool().unwrap()
}

pub(crate) fn settle(sandbox: &Sandbox, token: &str, outcome: &str) -> Answer {
    post(sandbox, &format!("/purchase-product/{token}"), &format!("outcome={outcome}"))
}

/// The callbacks of the first payment.
pub(crate) fn sent(sandbox: &Sandbox) -> Vec<Notification> {
    sandbox.payments().remove(0).notifications
}

#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}
