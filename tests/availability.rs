//! The check before every call: what it sends, what stops a call, and what does not.

mod merchant;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ekolopay::canned::{Canned, PAID, REFUSED, UNAVAILABLE};
use ekolopay::transport::{Endpoint, Reply, Request, TransportError};
use ekolopay::{Error, Gateway};
use merchant::{errors, message, over, token, unexpected};

/// A gateway whose check gets this reply and whose calls are answered as paid, and how many calls got through.
fn checked(status: u16, body: &str) -> (Gateway, Arc<AtomicUsize>) {
    let (body, calls) = (body.to_owned(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&calls);
    let transport = move |request: &Request| {
        if request.endpoint() == Endpoint::Availability {
            Ok(Reply::new(status, body.as_str()))
        } else {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(Reply::new(200, PAID))
        }
    };
    (over(transport), calls)
}

#[track_caller]
fn stops(status: u16, body: &str, expected: &str) {
    let (gateway, calls) = checked(status, body);
    for error in errors(&gateway).into_iter().chain([gateway.check_availability().unwrap_err()]) {
        assert!(error.is_unavailable() && !error.is_timeout() && !error.may_have_acted());
        assert!(matches!(error, Error::Unavailable { status: seen, .. } if seen == status), "{error:?}");
        assert_eq!(message(error), expected);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 0);
}

#[track_caller]
fn passes(status: u16, body: &str) {
    let (gateway, calls) = checked(status, body);
    gateway.check_availability().unwrap();
    assert!(gateway.check_payment(&token()).is_ok());
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[test]
fn the_check_is_one_request_with_no_token_and_no_secret() {
    let transport = Canned::new();
    over(transport.clone()).check_availability().unwrap();
    let requests = transport.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].endpoint(), Endpoint::Availability);
    assert_eq!(requests[0].url(), "https://ekolopay.com/api/v1/gateway/check-payment?api_client=demo");
    assert_eq!(requests[0].content_type(), "application/x-www-form-urlencoded");
    assert_eq!(requests[0].body(), b"purchaseToken=");
}

#[test]
fn the_unavailable_body_stops_a_call_under_any_status() {
    for status in [200, 302, 404, 500, 503, 999] {
        stops(status, UNAVAILABLE, "Service indisponible");
    }
}

#[test]
fn only_the_reason_is_compared() {
    let reason = r#""reason":"UNAVAILABLE_SERVICE""#;
    stops(200, &format!(r"{{{reason}}}"), "UNAVAILABLE_SERVICE");
    stops(200, &format!(r#"{{"code":7,{reason},"message":"Maintenance","more":[1]}}"#), "Maintenance");
    stops(200, &format!(r#"{{"message":5,{reason}}}"#), "UNAVAILABLE_SERVICE");
    stops(200, r#"{"reason":"UNAVAILABLE\u005fSERVICE"}"#, "UNAVAILABLE_SERVICE");
    stops(200, &format!(r#"{{"message":1e400,"code":1e400,{reason}}}"#), "UNAVAILABLE_SERVICE");
    let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    stops(200, &format!(r#"{{"message":{deep},"code":{deep},{reason}}}"#), "UNAVAILABLE_SERVICE");
}

#[test]
fn too_many_requests_or_a_front_that_cannot_reach_the_gateway_stops_a_call() {
    for status in [429, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530] {
        stops(status, "<html>Bad Gateway</html>", &format!("HTTP {status}"));
        stops(status, "", &format!("HTTP {status}"));
    }
    stops(503, r#"{"code":0,"reason":"MAINTENANCE","message":"Maintenance jusqu'à 5 h"}"#, "Maintenance jusqu'à 5 h");
}

#[test]
fn any_other_answer_comes_from_a_gateway_in_service() {
    for status in [200, 204, 301, 307, 400, 401, 403, 404, 405, 422, 428, 430, 500, 501, 505, 519, 528, 529, 531] {
        passes(status, REFUSED);
        passes(status, "");
    }
    passes(200, &"<p>Une longue page</p>".repeat(10_000));
    for body in [
        r#"{"reason":"unavailable_service"}"#,
        r#"{"reason":"UNAVAILABLE_SERVICE "}"#,
        r#"{"reason":["UNAVAILABLE_SERVICE"]}"#,
        r#"{"code":0,"message":"Service indisponible"}"#,
        r#"[{"reason":"UNAVAILABLE_SERVICE"}]"#,
        r#"["UNAVAILABLE_SERVICE","Service indisponible"]"#,
        r#""UNAVAILABLE_SERVICE""#,
        r#"{"response":{"reason":"UNAVAILABLE_SERVICE"}}"#,
        r#"{"reason":"UNAVAILABLE_SERVICE"} and more"#,
        r#"{"reason":"UNAVAILABLE_SERVICE","reason":"UNAVAILABLE_SERVICE"}"#,
        r#"{"code":0,"reason":"INVALID_KEY","message":"Clé invalide"}"#,
        r#"{"reason":"UNAVAILABLE_SERVICE""#,
    ] {
        passes(200, body);
    }
}

#[test]
fn a_check_that_fails_means_that_nothing_was_sent() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let transport = move |_: &Request| {
        counted.fetch_add(1, Ordering::SeqCst);
        Err(TransportError::lost("the line is cut").into_timeout())
    };
    let gateway = over(transport);
    for error in [gateway.check_availability().unwrap_err(), gateway.check_payment(&token()).unwrap_err()] {
        assert!(!error.may_have_acted());
        assert!(error.is_timeout() && !error.is_unavailable(), "the cause is kept");
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the line is cut");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2, "the check is not repeated");
}

#[test]
fn a_gateway_that_goes_down_between_check_and_call_has_done_nothing() {
    for status in [200, 301, 500, 503] {
        let gateway = over(Canned::new().reply(status, UNAVAILABLE).reply(status, UNAVAILABLE));
        for error in errors(&gateway) {
            assert!(error.is_unavailable() && !error.may_have_acted(), "{error:?}");
        }
    }
    // A call was answered: whatever a proxy made of it, something may have been done.
    let error = over(Canned::new().reply(503, "")).check_payment(&token()).unwrap_err();
    assert_eq!(unexpected(error).0, 503);
}
