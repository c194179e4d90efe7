//! Replies, through the whole gateway: whatever comes is taken for what the oracle takes it for.

use ekolopay_oracle::compare;
use ekolopay_oracle::reply::ExpectedError;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::document::{documented, near_valid};
use crate::random::{config, scarred};

fn status() -> impl Strategy<Value = u16> {
    let usual = [200, 200, 200, 201, 204, 299, 302, 304, 400, 404, 500, 502, 503, 504];
    prop_oneof![8 => select(usual.to_vec()), 1 => any::<u16>()]
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
        let answers = [
            compare::check_payment(200, body.as_bytes()).map(|_| ()),
            compare::purchase_token(200, body.as_bytes()).map(|_| ()),
        ];
        prop_assert!(answers.iter().any(|answer| *answer != Err(ExpectedError::Unexpected)), "{}", body);
    }

    #[test]
    fn near_replies_are_read_as_the_oracle_does(status in status(), body in scarred(near_valid())) {
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
        for body in [
            deep.clone(),
            format!(r#"{{"autre":{deep},"reason":"UNAVAILABLE_SERVICE","message":{deep}}}"#),
            format!(
                r#"{{"response":{{"API_RESPONSE_CODE":200,"API_RESPONSE_DATA":{{"API_DATA":{{"payment_successful":{deep}}}}}}}}}"#
            ),
            format!(r#"{{"response":{}}}"#, r#"{"response":"#.repeat(depth)),
        ] {
            compare_all(200, body.as_bytes());
        }
    }
    let paid = r#"{"response":{"API_RESPONSE_CODE":200,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":true}}}}"#;
    for body in [paid, r#"{"reason":"UNAVAILABLE_SERVICE"}"#] {
        for length in [65_536, 65_537, 200_000] {
            compare_all(200, format!("{body}{}", " ".repeat(length - body.len())).as_bytes());
        }
    }
}

#[test]
fn an_echoed_secret_is_no_token_and_no_message() {
    for echo in [
        "054e9a59-ab57-4e9a-940d-97e6b940d875",
        "%305%34e9a59%2dab57-4e9a%2D940d-97e6b940d875",
        r"\u0030\u00354e9a59\u002Dab57-4e9a-940d-97e6b940d875",
    ] {
        let data = format!(r#"{{"API_DATA":{{"purchaseToken":"a{echo}"}}}}"#);
        let created = format!(r#"{{"response":{{"API_RESPONSE_CODE":200,"API_RESPONSE_DATA":{data}}}}}"#);
        assert_eq!(compare::purchase_token(200, created.as_bytes()), Err(ExpectedError::Unexpected));
        let data = format!(r#"{{"clearMessage":"a{echo}b"}}"#);
        let refused = format!(r#"{{"response":{{"API_RESPONSE_CODE":0,"API_RESPONSE_DATA":{data}}}}}"#);
        let expected = Err(ExpectedError::Refused(0, "a[secret]b".to_owned()));
        assert_eq!(compare::check_payment(200, refused.as_bytes()), expected);
    }
}
