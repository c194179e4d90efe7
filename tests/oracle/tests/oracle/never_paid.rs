//! Every combination of HTTP status, API code, payment value and envelope: only the documented success is paid.

use std::collections::BTreeMap;

use ekolopay_oracle::compare;
use ekolopay_oracle::reply::ExpectedError;

/// The first four are a success.
const STATUSES: [u16; 12] = [200, 201, 204, 299, 302, 304, 400, 500, 502, 503, 600, 999];

/// As they are written; the first three are 200.
const CODES: &str = r#"200|"200"|"\u003200"|200.0|2e2|"0200"|" 200"|0|-200|201|null|true|[200]|1e400|{"$serde_json::private::Number":"200"}"#;

/// As they are written; the first five are true, and the next four false.
const PAYMENTS: &str = r#"true|1|"true"|"1"|"\u0074rue"|false|0|"false"|"0"|null|2|-1|1.0|"TRUE"|"yes"|""|[]|{}|[true]|{"0":true}|{"$serde_json::private::Number":"1"}"#;

/// Paid or not paid, if the status, the code and the payment say so.
const SHAPES: [&str; 13] = [
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}}}"#,
    "\r\n{ \"response\" :\n\t{ \"API_RESPONSE_CODE\" : <code> , \"API_RESPONSE_DATA\" : { \"API_DATA\" : { \"payment_successful\" : <payment> } } } }\n ",
    r#"{"response":{"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}},"API_RESPONSE_CODE":<code>}}"#,
    r#"{"response":{"\u0041PI_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_\u0044ATA":{"payment\u005fsuccessful":<payment>}}}}"#,
    r#"{"a":1,"response":{"a":[1],"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"a":{},"API_DATA":{"a":null,"payment_successful":<payment>}}}}"#,
    r#"{"a":1e400,"a":"\ud800","response":{"":-0,"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"clearMessage":"non","API_DATA":{"payment_successful":<payment>}}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>},"clearMessage":null}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"clearMessage":[1e400],"API_DATA":{"payment_successful":<payment>}}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"purchaseToken":7,"payment_successful":<payment>}}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}},"reason":"OTHER"}"#,
    r#"{"reason":["UNAVAILABLE_SERVICE"],"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}}}"#,
    r#"{"code":0,"message":"é","response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}}}"#,
];

/// Neither paid nor not paid, whatever the status, the code and the payment.
const OTHER_SHAPES: [&str; 41] = [
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"clearMessage":"non"}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"clearMessage":"non","API_DATA":null}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"clearMessage":<payment>,"payment_successful":<payment>}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{}}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":[<payment>]}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":[{"payment_successful":<payment>}]}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":<payment>}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":[{"payment_successful":<payment>}]}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":[{"API_DATA":{"payment_successful":<payment>}}]}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":null}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>}}"#,
    r#"{"response":{"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}}}"#,
    r#"{"response":[<code>,[[<payment>]]]}"#,
    r#"{"response":[<code>,{"API_DATA":{"payment_successful":<payment>}}]}"#,
    r#"{"response":[{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}}]}"#,
    r#"[{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}}]"#,
    r#"[{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}}}]"#,
    r#"{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_DATA":{"payment_successful":<payment>}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"payment_successful":<payment>}}}"#,
    r#"{"payment_successful":<payment>,"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{}}}}"#,
    r#"{"response":{"api_response_code":<code>,"api_response_data":{"api_data":{"payment_successful":<payment>}}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"paymentSuccessful":<payment>}}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":false,"payment_successful":<payment>}}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>,"payment\u005fsuccessful":true}}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{},"API_DATA":{"payment_successful":<payment>}}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{},"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":0,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}},"API_RESPONSE_CODE":<code>}}"#,
    r#"{"response":{},"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}}}"#,
    r#"{"reason":"UNAVAILABLE_SERVICE","response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}}}"#,
    r#"{"code":<code>,"message":<payment>,"reason":"UNAVAILABLE_SERVICE"}"#,
    "\u{feff}{\"response\":{\"API_RESPONSE_CODE\":<code>,\"API_RESPONSE_DATA\":{\"API_DATA\":{\"payment_successful\":<payment>}}}}",
    "\0{\"response\":{\"API_RESPONSE_CODE\":<code>,\"API_RESPONSE_DATA\":{\"API_DATA\":{\"payment_successful\":<payment>}}}}",
    "{\"response\":\u{a0}{\"API_RESPONSE_CODE\":<code>,\"API_RESPONSE_DATA\":{\"API_DATA\":{\"payment_successful\":<payment>}}}}",
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}}}."#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}}}{}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>}}}"#,
    r#"{"response":{"API_RESPONSE_CODE":<code>,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":<payment>,}}}}"#,
    r#"{"response":"{\"API_RESPONSE_CODE\":<code>,\"API_RESPONSE_DATA\":{\"API_DATA\":{\"payment_successful\":<payment>}}}"}"#,
    r"{'response':{'API_RESPONSE_CODE':<code>,'API_RESPONSE_DATA':{'API_DATA':{'payment_successful':<payment>}}}}",
];

#[test]
fn paid_is_the_documented_success_alone() {
    let mut counts = BTreeMap::new();
    for (shape_number, shape) in SHAPES.iter().chain(&OTHER_SHAPES).enumerate() {
        for (code_number, code) in CODES.split('|').enumerate() {
            for (payment_number, payment) in PAYMENTS.split('|').enumerate() {
                let body = shape.replace("<code>", code).replace("<payment>", payment);
                for status in STATUSES {
                    let is_success = (200..300).contains(&status) && code_number < 3 && shape_number < SHAPES.len();
                    let expected = (is_success && payment_number < 9).then_some(payment_number < 5);
                    let answer = compare::check_payment(status, body.as_bytes());
                    assert_eq!(answer.as_ref().ok(), expected.as_ref(), "HTTP {status}: {body}");
                    let outcome = match answer {
                        Ok(true) => "paid",
                        Ok(false) => "not paid",
                        Err(ExpectedError::Refused(..)) => "refused",
                        Err(ExpectedError::Unavailable(_)) => "unavailable",
                        Err(ExpectedError::Unexpected) => "unexpected",
                    };
                    *counts.entry(outcome).or_insert(0) += 1;
                }
            }
        }
    }
    assert_eq!(counts.values().sum::<usize>(), 12 * 15 * 21 * (13 + 41));
    assert_eq!((counts["paid"], counts["not paid"]), (4 * 3 * 5 * 13, 4 * 3 * 4 * 13));
    assert!(counts["refused"] > 1_000 && counts["unavailable"] > 1_000 && counts["unexpected"] > 1_000);
}
