//! Every combination of HTTP status, code, payment and shape of a reply: only the documented success is paid. What a list
//! is for stands in its comment, so that its lines can be checked by eye.

mod merchant;

use ekolopay::canned::Canned;
use ekolopay::verify::Verification;
use merchant::{over, token};

/// A success, and not.
const STATUSES: [&[u16]; 2] = [&[200, 201, 204, 299], &[199, 302, 304, 400, 500, 502, 503, 600, 999]];

/// 200, and not. Between the bars as they are written.
const CODES: [&str; 2] = [
    r#"200|"200"|"\u003200""#,
    r#"200.0|2e2|"0200"|" 200"|"200.0"|"+200"|0|-200|201|9223372036854775808|null|true|[200]|1e400|{"$serde_json::private::Number":"200"}"#,
];

/// True, false, and neither.
const PAYMENTS: [&str; 3] = [
    r#"true|1|"true"|"1"|"\u0074rue""#,
    r#"false|0|"false"|"0""#,
    r#"null|2|-1|-0|1.0|1e0|1e400|"TRUE"|"true "|"01"|"yes"|""|[]|{}|[true]|{"0":true}|{"$serde_json::private::Number":"1"}"#,
];

/// Code and payment at the documented places, whatever stands beside them: paid or not paid, if they say so.
const DOCUMENTED: [&str; 13] = [
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
const OTHER: [&str; 41] = [
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

/// What a reply is taken for, in every combination of these.
#[track_caller]
fn all(statuses: &[u16], codes: &str, payments: &str, shapes: &[&str], expected: Option<bool>) -> usize {
    let token = token();
    let mut count = 0;
    for shape in shapes {
        for code in codes.split('|') {
            for payment in payments.split('|') {
                let body = shape.replace("<code>", code).replace("<payment>", payment);
                for &status in statuses {
                    let answer = over(Canned::new().reply(status, body.as_str())).check_payment(&token);
                    let is_paid = answer.ok().map(|answer| matches!(answer, Verification::Paid(_)));
                    assert_eq!(is_paid, expected, "HTTP {status}: {body}");
                    count += 1;
                }
            }
        }
    }
    count
}

#[test]
fn paid_is_the_documented_success_alone() {
    let [success, failure] = STATUSES;
    let [code_200, other_codes] = CODES;
    let [paid, not_paid, neither] = PAYMENTS;
    let any_payment = PAYMENTS.join("|");
    let any_code = CODES.join("|");
    let count = all(success, code_200, paid, &DOCUMENTED, Some(true))
        + all(success, code_200, not_paid, &DOCUMENTED, Some(false))
        + all(success, code_200, neither, &DOCUMENTED, None)
        + all(success, other_codes, &any_payment, &DOCUMENTED, None)
        + all(failure, &any_code, &any_payment, &DOCUMENTED, None)
        + all(&[200, 500], &any_code, &any_payment, &OTHER, None);
    assert_eq!(count, 18 * 26 * (13 * 13 + 2 * 41));
}
