//! Rows 19 to 26, 32, 33, 35 and 53: a complete answer, but not the documented one.

use ekolopay_faults::FaultServer;
use ekolopay_faults::replies::response;
use ekolopay_test_kit::secret;
use serde_json::{Value, json};

use crate::fault::{Fault, Front, answer, last_answer};

const REFUSED: &str = r#"Refused 7 "Refusé : [secret]""#;
const UNEXPECTED: &str = "UnexpectedReply";
const UNAVAILABLE: &str = "Unavailable";

/// A refusal whose message echoes the secret.
fn refusal() -> String {
    let message = serde_json::to_string(&format!("Refusé : {}", secret())).unwrap();
    format!(r#"{{"response":{{"API_RESPONSE_CODE":7,"API_RESPONSE_DATA":{{"clearMessage":{message}}}}}}}"#)
}

fn html() -> String {
    format!("<html><body>{}</body></html>", secret())
}

/// The answer to a call is this redirect, which is not followed.
fn redirects(front: Front, status: u16, origin: &str) {
    let location = format!("Location: {origin}/api/v1/gateway/check-payment\r\n");
    let fault = Fault::new(status, answer(move |json| response(status, &location, json))).behind(front);
    fault.becomes(UNEXPECTED, "success");
}

/// The other host sees nothing.
fn redirects_to_another(front: Front, statuses: &[u16]) {
    let other = FaultServer::start([]);
    for status in statuses {
        redirects(front, *status, &other.origin());
    }
    assert_eq!(other.finish().connections, 0, "the other host sees nothing");
}

#[test]
fn row_19_redirect_to_another_host() {
    redirects_to_another(Front::Plain, &[300, 301, 302, 303, 305]);
}

#[test]
fn row_20_redirect_that_keeps_the_method() {
    redirects_to_another(Front::Plain, &[307, 308]);
    // Back to the same address: the body is not sent again.
    redirects(Front::Plain, 307, "");
    redirects(Front::Plain, 308, "");
}

#[test]
fn row_21_https_redirected_to_http() {
    redirects_to_another(Front::Tls, &[301, 302, 303, 307, 308]);
}

#[test]
fn row_22_refusals() {
    for status in [200, 400, 401, 402, 403, 404, 409, 422, 429, 599, 600, 999] {
        let check = if status == 429 { UNAVAILABLE } else { "success" };
        Fault::new(status, answer(move |_| response(status, "", refusal()))).becomes(REFUSED, check);
    }
}

#[test]
fn row_53_too_many_requests() {
    let answer = answer(|_| response(429, "Retry-After: 1\r\n", html()));
    Fault::new("429 with HTML", answer).becomes(UNEXPECTED, UNAVAILABLE);
}

#[test]
fn row_23_server_errors() {
    for (status, check) in [(500, "success"), (502, UNAVAILABLE), (503, UNAVAILABLE)] {
        let fault = |name: &str, steps| Fault::new(format!("{status} with {name}"), steps);
        fault("a refusal", answer(move |_| response(status, "", refusal()))).becomes(REFUSED, check);
        fault("HTML", answer(move |_| response(status, "", html()))).becomes(UNEXPECTED, check);
        // Even if the body says that the call succeeded.
        fault("success", answer(move |json| response(status, "", json))).becomes(UNEXPECTED, check);
    }
}

#[test]
fn row_24_unusual_statuses() {
    let continues = |json: &str| [&b"HTTP/1.1 100 Continue\r\n\r\n"[..], &response(200, "", json)].concat();
    Fault::new("100, then 200", answer(continues)).becomes("success", "success");
    for status in [101, 204, 304, 600, 999] {
        // It announces the close: a call must not race with it.
        let answer = last_answer(move |json| response(status, "Connection: close\r\n", json));
        Fault::new(status, answer).becomes(UNEXPECTED, "success");
    }
}

#[test]
fn row_35_unavailable_between_check_and_call() {
    let message = serde_json::to_string(&format!("Indisponible : {}", secret())).unwrap();
    let body = format!(r#"{{"code":0,"message":{message},"reason":"UNAVAILABLE_SERVICE"}}"#);
    for status in [200, 302, 500, 503] {
        let body = body.clone();
        Fault::new(status, answer(move |_| response(status, "", &body))).becomes(UNAVAILABLE, UNAVAILABLE);
    }
}

/// The call gets what `edit` makes of the right JSON; the check passes whatever the answer is.
fn answers(name: &str, expected: &str, edit: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) {
    Fault::new(name, answer(move |json| response(200, "", edit(json)))).becomes(expected, "success");
}

#[test]
fn row_25_html_and_wrong_content_type() {
    answers("HTML", UNEXPECTED, |_| html().into_bytes());
    for content_type in ["text/html; charset=ISO-8859-1", "application/octet-stream", "nonsense"] {
        let answer = answer(move |json| response(200, &format!("Content-Type: {content_type}\r\n"), json));
        Fault::new(content_type, answer).becomes("success", "success");
    }
}

#[test]
fn row_26_no_body() {
    answers("no body", UNEXPECTED, |_| vec![]);
    answers("spaces", UNEXPECTED, |_| b" \r\n ".to_vec());
}

#[test]
fn row_32_broken_json() {
    // Inserted before the members of a correct object.
    let with = |member: &'static [u8]| move |json: &str| [b"{", member, b",", &json.as_bytes()[1..]].concat();
    answers("invalid UTF-8", UNEXPECTED, with(b"\"x\":\"\xff\""));
    answers("invalid UTF-8 in a key", UNEXPECTED, with(b"\"\xc3\":1"));
    answers("byte order mark", UNEXPECTED, |json| [b"\xef\xbb\xbf", json.as_bytes()].concat());
    answers("trailing bytes", UNEXPECTED, |json| format!("{json}{}", secret()).into_bytes());
    answers("trailing NUL", UNEXPECTED, |json| format!("{json}\0").into_bytes());
    answers("two objects", UNEXPECTED, |json| format!("{json}{json}").into_bytes());
    answers("a key twice", UNEXPECTED, with(br#""response":null"#));
    answers("an escaped key twice", UNEXPECTED, with(br#""respons\u0065":null"#));
    answers("200,000 levels", UNEXPECTED, |_| b"[".repeat(200_000));
    // An unknown key is skipped, whatever it holds.
    answers("30,000 levels under an unknown key", "success", |json| {
        let (open, close) = ("[".repeat(30_000), "]".repeat(30_000));
        format!(r#"{{"x":{open}{close},{}"#, &json[1..]).into_bytes()
    });
    answers("10,000 levels around the data", UNEXPECTED, |json| {
        format!("{}{json}{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000)).into_bytes()
    });
}

/// The right JSON with the value at this path replaced, or its key given another name.
fn edited(json: &str, path: &[&str], value: Option<&Value>) -> Vec<u8> {
    let mut whole: Value = serde_json::from_str(json).unwrap();
    let (key, parents) = path.split_last().unwrap();
    let parent = parents.iter().try_fold(&mut whole, |value, key| value.get_mut(key));
    // The check gets another shape, and the two calls have different last keys.
    if let Some(Value::Object(members)) = parent {
        if let Some(old) = members.remove(*key) {
            match value {
                Some(value) => members.insert((*key).to_owned(), value.clone()),
                None => members.insert(format!("{key}s"), old),
            };
        }
    }
    whole.to_string().into_bytes()
}

#[test]
fn row_33_keys_missing_or_of_another_type() {
    let code: &[&str] = &["response", "API_RESPONSE_CODE"];
    let data = |last| ["response", "API_RESPONSE_DATA", "API_DATA", last];
    let values = [json!(null), json!([]), json!({}), json!(2), json!(1.5), json!("a b"), json!([[true]])];
    for value in values.into_iter().map(Some).chain([None]) {
        let name = value.as_ref().map_or("key missing".to_owned(), |value| format!("{value} in a value's place"));
        for length in 0..=4 {
            let value = value.clone();
            answers(&name, UNEXPECTED, move |json| {
                let data = data(if json.contains("purchaseToken") { "purchaseToken" } else { "payment_successful" });
                edited(json, if length == 0 { code } else { &data[..length] }, value.as_ref())
            });
        }
    }
    answers("unknown keys added", "success", |json| {
        json.replace('{', r#"{"x":{"response":[null]},"é":"\u0000","#).replace(",}", "}").into_bytes()
    });
}
