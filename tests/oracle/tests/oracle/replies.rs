//! Replies, through the whole gateway: the SDK reads each as the oracle does.

use ekolopay_oracle::compare;
use ekolopay_oracle::reply::ExpectedError;
use ekolopay_test_kit::replies;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::document::{documented, near_valid};
use crate::random::{ECHOED_SECRETS, config, damaged};

fn status() -> impl Strategy<Value = u16> {
    let others = [201, 204, 299, 302, 304, 400, 404, 500, 502, 503, 504];
    prop_oneof![8 => Just(200), 8 => select(others.to_vec()), 1 => any::<u16>()]
}

/// All three readings of one answer.
fn compare_all(status: u16, body: &[u8]) {
    let _ = compare::check_payment(status, body);
    let _ = compare::purchase_token(status, body);
    let _ = compare::availability(status, body);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn documented_replies_are_never_unexpected(json in documented(), space in "[ \t\r\n]{0,3}") {
        let body = json.written(&space);
        let checked = compare::check_payment(200, body.as_bytes());
        let created = compare::purchase_token(200, body.as_bytes());
        let unexpected = (Err(ExpectedError::Unexpected), Err(ExpectedError::Unexpected));
        prop_assert_ne!((checked, created), unexpected, "{}", body);
    }

    #[test]
    fn near_replies_are_read_as_the_oracle_does(status in status(), body in damaged(near_valid())) {
        compare_all(status, &body);
    }

    #[test]
    fn random_bytes_are_no_answer(status in status(), body in vec(any::<u8>(), 0..200)) {
        compare_all(status, &body);
        prop_assert_eq!(compare::check_payment(200, &body), Err(ExpectedError::Unexpected));
    }
}

#[test]
fn depth_and_length_exhaust_nothing() {
    for depth in [120, 126, 127, 128, 129, 1_000, 30_000] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        compare_all(200, deep.as_bytes());
        compare_all(200, replies::PAID.replace("true", &deep).as_bytes());
        compare_all(200, format!(r#"{{"autre":{deep},"reason":"UNAVAILABLE_SERVICE","message":{deep}}}"#).as_bytes());
        compare_all(200, format!(r#"{{"response":{}}}"#, r#"{"response":"#.repeat(depth)).as_bytes());
    }
    for body in [replies::PAID, replies::UNAVAILABLE] {
        for length in [65_536, 65_537, 200_000] {
            compare_all(200, format!("{body}{}", " ".repeat(length - body.len())).as_bytes());
        }
    }
}

#[test]
fn an_echoed_secret_is_neither_a_token_nor_in_a_message() {
    for echo in ECHOED_SECRETS {
        let created = replies::TOKEN.replace("string", &format!("a{echo}"));
        assert_eq!(compare::purchase_token(200, created.as_bytes()), Err(ExpectedError::Unexpected));
        let refused = replies::REFUSED.replace("string", &format!("a{echo}b"));
        let expected = Err(ExpectedError::Refused(0, "a[secret]b".to_owned()));
        assert_eq!(compare::check_payment(200, refused.as_bytes()), expected);
    }
}
