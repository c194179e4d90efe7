//! Rows 25, 26, 32 and 33: a complete answer that is not the documented one.

use ekolopay_faults::replies::response;
use ekolopay_test_kit::secret;
use serde_json::{Value, json};

use crate::fault::{Fault, answer};

/// The call gets what `edit` makes of the right JSON; the check passes whatever the answer is.
#[track_caller]
fn answers(row: u8, name: &str, expected: &str, edit: impl Fn(&str) -> Vec<u8> + Clone + Send + Sync + 'static) {
    Fault::new(row, name, move || {
        let edit = edit.clone();
        answer(move |json| {
            let body = edit(json);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            [head.as_bytes(), &body].concat()
        })
    })
    .call(&[expected])
    .check(&["success"]);
}

const ERROR: &str = "UnexpectedReply: Answered";

#[test]
fn row_25_html_and_wrong_content_type() {
    answers(25, "HTML", ERROR, |_| format!("<html>{}</html>", secret()).into_bytes());
    for content_type in ["text/html; charset=ISO-8859-1", "application/octet-stream", "nonsense"] {
        Fault::new(25, "right JSON, wrong Content-Type", move || {
            answer(move |json| response(200, &format!("Content-Type: {content_type}\r\n"), json))
        })
        .call(&["success"])
        .check(&["success"]);
    }
}

#[test]
fn row_26_no_body() {
    answers(26, "no body", ERROR, |_| vec![]);
    answers(26, "spaces", ERROR, |_| b" \r\n ".to_vec());
}

#[test]
fn row_32_broken_json() {
    // Inserted before the members of a correct object.
    let with = |member: &'static [u8]| move |json: &str| [b"{", member, b",", &json.as_bytes()[1..]].concat();
    let echo = |json: &str| format!("{json}{}", secret()).into_bytes();
    answers(32, "invalid UTF-8", ERROR, with(b"\"x\":\"\xff\""));
    answers(32, "invalid UTF-8 in a key", ERROR, with(b"\"\xc3\":1"));
    answers(32, "byte order mark", ERROR, |json| [b"\xef\xbb\xbf", json.as_bytes()].concat());
    answers(32, "trailing bytes", ERROR, echo);
    answers(32, "trailing NUL", ERROR, |json| format!("{json}\0").into_bytes());
    answers(32, "two objects", ERROR, |json| format!("{json}{json}").into_bytes());
    answers(32, "a key twice", ERROR, with(br#""response":null"#));
    answers(32, "an escaped key twice", ERROR, with(br#""respons\u0065":null"#));
    answers(32, "200,000 levels", ERROR, |_| b"[".repeat(200_000));
    // An unknown key is skipped, whatever it holds.
    answers(32, "30,000 levels under an unknown key", "success", |json| {
        let (open, close) = ("[".repeat(30_000), "]".repeat(30_000));
        format!(r#"{{"x":{open}{close},{}"#, &json[1..]).into_bytes()
    });
    answers(32, "10,000 levels around the data", ERROR, |json| {
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
    const DATA: [&str; 4] = ["response", "API_RESPONSE_DATA", "API_DATA", ""];
    let paths: [&'static [&'static str]; 4] = [&DATA[..1], &["response", "API_RESPONSE_CODE"], &DATA[..2], &DATA[..3]];
    let last = |json: &str| if json.contains("purchaseToken") { "purchaseToken" } else { "payment_successful" };
    let values = [json!(null), json!([]), json!({}), json!(2), json!(1.5), json!("a b"), json!([[true]])];
    let values = values.into_iter().map(Some).chain([None]);
    for value in values {
        let name = value.as_ref().map_or("key missing".to_owned(), |value| format!("{value} in a value's place"));
        for path in paths {
            let value = value.clone();
            answers(33, &name, ERROR, move |json| edited(json, path, value.as_ref()));
        }
        answers(33, &name, ERROR, move |json| edited(json, &[DATA[0], DATA[1], DATA[2], last(json)], value.as_ref()));
    }
    answers(33, "unknown keys added", "success", |json| {
        json.replace('{', r#"{"x":{"response":[null]},"é":"\u0000","#).replace(",}", "}").into_bytes()
    });
}
