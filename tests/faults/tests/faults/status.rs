//! Rows 19, 20, 22–24, 35 and 53: what the HTTP status means for an answer.

use ekolopay_faults::FaultServer;
use ekolopay_faults::replies::response;
use ekolopay_test_kit::secret;

use crate::fault::{Fault, Front, answer, last_answer};

const REFUSED: &str = r#"Refused 7 "Refusé : [secret]": Answered"#;
const UNEXPECTED: &str = "UnexpectedReply: Answered";
const UNAVAILABLE: &str = "Unavailable: NotSent";

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
