//! A complete answer, but not the documented one.

use ekolopay::canned;
use ekolopay_faults::service::{CLOSE, serve};
use ekolopay_test_kit::{Server, response, response_with, secret};
use serde_json::json;

use crate::fault::{Fault, Front};

const UNEXPECTED: &str = "UnexpectedReply";
const UNAVAILABLE: &str = "Unavailable";

/// A refusal whose message echoes the secret.
fn refusal() -> String {
    let data = json!({"API_RESPONSE_CODE": 7, "API_RESPONSE_DATA": {"clearMessage": format!("Refusé : {}", secret())}});
    json!({ "response": data }).to_string()
}

#[test]
fn a_redirect_from_https_to_http_is_not_followed() {
    let other = Server::play(serve);
    // Or back to the same address, where the body would be sent again.
    for origin in [&other.origin, ""] {
        for status in [301, 302, 303, 307, 308] {
            let location = format!("Location: {origin}/api/v1/gateway/check-payment\r\n");
            let fault = Fault::answer(status, move |json| response_with(status, &location, json));
            Fault { front: Front::Tls, ..fault }.becomes(UNEXPECTED, "success");
        }
    }
    assert_eq!(other.connections(), 0, "the other host sees nothing");
}

#[test]
fn a_refusal_is_read_under_any_status() {
    for (status, check) in
        [(200, "success"), (404, "success"), (429, UNAVAILABLE), (500, "success"), (503, UNAVAILABLE), (999, "success")]
    {
        let fault = Fault::answer(status, move |_| response(status, &refusal()));
        fault.becomes(r#"Refused 7 "Refusé : [secret]""#, check);
    }
    let body = json!({"code": 0, "reason": "INVALID_KEY", "message": format!("Clé {}", secret())}).to_string();
    Fault::answer("a notice", move |_| response(500, &body)).becomes(r#"Refused 0 "Clé [secret]""#, "success");
}

/// Even if the body says that the call succeeded.
#[test]
fn an_error_of_the_server_or_of_its_front_is_never_a_success() {
    for (status, check) in [(429, UNAVAILABLE), (500, "success"), (502, UNAVAILABLE), (520, UNAVAILABLE)] {
        Fault::answer(status, move |_| response(status, &secret())).becomes(UNEXPECTED, check);
        Fault::answer(status, move |json| response(status, json)).becomes(UNEXPECTED, check);
    }
}

#[test]
fn an_unusual_status_is_never_a_success_and_100_is_no_answer() {
    let continues = |json: &str| [b"HTTP/1.1 100 Continue\r\n\r\n", &response(200, json)[..]].concat();
    Fault::answer("100, then 200", continues).becomes("success", "success");
    for status in [101, 204, 304, 600, 999] {
        // It announces the close: a call must not race with it.
        Fault::last(status, move |json| response_with(status, CLOSE, json)).becomes(UNEXPECTED, "success");
    }
}

#[test]
fn a_gateway_that_goes_out_of_service_between_check_and_call() {
    for status in [200, 302, 503] {
        let body = canned::UNAVAILABLE.replace("Service", &secret().replace(['\\', '"'], ""));
        Fault::answer(status, move |_| response(status, &body)).becomes(UNAVAILABLE, UNAVAILABLE);
    }
}
