//! Rows 19, 20, 22–24, 35 and 53: what the HTTP status means for an answer.

use ekolopay_faults::replies::response;
use ekolopay_faults::{FaultServer, Step, Then};
use ekolopay_test_kit::secret;

use crate::fault::{Fault, answer, last_answer};

/// A refusal whose message echoes the secret.
fn refusal() -> String {
    let message = serde_json::to_string(&format!("Refusé : {}", secret())).unwrap();
    format!(r#"{{"response":{{"API_RESPONSE_CODE":7,"API_RESPONSE_DATA":{{"clearMessage":{message}}}}}}}"#)
}

const REFUSED: &str = r#"Refused 7 "Refusé : [secret]": Answered"#;

fn html() -> String {
    format!("<html><body>{}</body></html>", secret())
}

fn redirects(row: u8, statuses: &[u16]) {
    let other = FaultServer::start("127.0.0.1", vec![], Then::Play(Box::new(|| vec![Step::Serve]))).unwrap();
    for &status in statuses {
        let location = format!("Location: http://{}/api/v1/gateway/check-payment\r\n", other.address());
        Fault::new(row, status.to_string(), move || {
            let location = location.clone();
            answer(move |json| response(status, &location, json))
        })
        .call(&["UnexpectedReply: Answered"])
        .check(&["success"]);
    }
    assert_eq!(other.finish().connections(), 0, "the other host sees nothing");
}

#[test]
fn row_19_redirect_to_another_host() {
    redirects(19, &[300, 301, 302, 303, 305]);
}

#[test]
fn row_20_redirect_that_keeps_the_method() {
    redirects(20, &[307, 308]);
    for status in [307, 308] {
        // Back to the same address: the body is not sent again.
        let location = "Location: /api/v1/gateway/check-payment\r\n";
        Fault::new(20, format!("{status} to itself"), move || answer(move |json| response(status, location, json)))
            .call(&["UnexpectedReply: Answered"])
            .check(&["success"]);
    }
}

#[test]
fn row_22_refusals() {
    for status in [200, 400, 401, 402, 403, 404, 409, 422, 429, 599, 600, 999] {
        Fault::new(22, status.to_string(), move || answer(move |_| response(status, "", &refusal())))
            .call(&[REFUSED])
            .check(&[if status == 429 { "Unavailable: NotSent" } else { "success" }]);
    }
}

#[test]
fn row_53_too_many_requests() {
    Fault::new(53, "429 with HTML", || answer(|_| response(429, "Retry-After: 1\r\n", &html())))
        .call(&["UnexpectedReply: Answered"])
        .check(&["Unavailable: NotSent"]);
}

#[test]
fn row_23_server_errors() {
    for (status, check) in [(500, "success"), (502, "Unavailable: NotSent"), (503, "Unavailable: NotSent")] {
        Fault::new(23, format!("{status} with a refusal"), move || answer(move |_| response(status, "", &refusal())))
            .call(&[REFUSED])
            .check(&[check]);
        Fault::new(23, format!("{status} with HTML"), move || answer(move |_| response(status, "", &html())))
            .call(&["UnexpectedReply: Answered"])
            .check(&[check]);
        // Even if the body says that the call succeeded.
        Fault::new(23, format!("{status} with success"), move || answer(move |json| response(status, "", json)))
            .call(&["UnexpectedReply: Answered"])
            .check(&[check]);
    }
}

#[test]
fn row_24_unusual_statuses() {
    Fault::new(24, "100, then 200", || {
        answer(|json| [b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), response(200, "", json)].concat())
    })
    .call(&["success"])
    .check(&["success"]);
    for status in [101, 204, 304, 600, 999] {
        // It announces the close: a call must not race with it.
        let answer = move |json: &str| response(status, "Connection: close\r\n", json);
        Fault::new(24, status.to_string(), move || last_answer(answer))
            .call(&["UnexpectedReply: Answered"])
            .check(&["success"]);
    }
}

#[test]
fn row_35_unavailable_between_check_and_call() {
    let message = serde_json::to_string(&format!("Indisponible : {}", secret())).unwrap();
    let body = format!(r#"{{"code":0,"message":{message},"reason":"UNAVAILABLE_SERVICE"}}"#);
    for status in [200, 302, 500, 503] {
        let body = body.clone();
        Fault::new(35, format!("unavailable, {status}"), move || {
            let body = body.clone();
            answer(move |_| response(status, "", &body))
        })
        .call(&["Unavailable: NotSent"])
        .check(&["Unavailable: NotSent"]);
    }
}
