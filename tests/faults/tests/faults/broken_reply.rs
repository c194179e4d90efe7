//! Rows 25, 26, 32 and 33: a complete answer that is not the documented one.

use ekolopay_faults::replies::response;
use ekolopay_test_kit::secret;
use serde_json::{Value, json};

use crate::fault::{Fault, answer};

/// The call gets what `edit` makes of the right JSON; the check passes whatever the answer is.
fn answers(name: &str, expected: &str, edit: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) {
    Fault::new(name, answer(move |json| response(200, "", edit(json)))).becomes(expected, "success");
}

const ERROR: &str = "UnexpectedReply: Answered";

#[test]
fn row_25_html_and_wrong_content_type() {
    answers("HTML", ERROR, |_| format!("<html>{}</html>", secret()).into_bytes());
    for content_type in ["text/html; charset=ISO-8859-1", "application/octet-stream", "nonsense"] {
        let answer = answer(move |json| response(200, &format!("Content-Type: {content_type}\r\n"), json));
        Fault::new(content_type, answer).becomes("success", "success");
    }
}

#[test]
fn row_26_no_body() {
    answers("no body", ERROR, |_| vec![]);
    answers("spaces", ERROR, |_| b" \r\n ".to_vec());
}

#[test]
fn row_32_broken_json() {
    // Inserted before the members of a correct object.
    let with = |member: &'static [u8]| move |json: &str| [b"{", member, b",", &json.as_bytes()[1..]].concat();
    answers("invalid UTF-8", ERROR, with(b"\"x\":\"\xff\""));
    answers("invalid UTF-8 in a key", ERROR, with(b"\"\xc3\":1"));
    answers("byte order mark", ERROR, |json| [b"\xef\xbb\xbf", json.as_bytes()].concat());
    answers("trailing bytes", ERROR, |json| format!("{json}{}", secret()).into_bytes());
    answers("trailing NUL", ERROR, |json| format!("{json}\0").into_bytes());
    answers("two objects", ERROR, |json| format!("{json}{json}").into_bytes());
    answers("a key twice", ERROR, with(br#""response":null"#));
    answers("an escaped key twice", ERROR, with(br#""respons\u0065":null"#));
    answers("200,000 levels", ERROR, |_| b"[".repeat(200_000));
    // An unknown key is skipped, whatever it holds.
    answers("30,000 levels under an unknown key", "success", |json| {
        let (open, close) = ("[".repeat(30_000), "]".repeat(30_000));
        format!(r#"{{"x":{open}{close},{}"#, &json[1..]).into_bytes()
    });
    answers("10,000 levels around the data", ERROR, |json| {
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
            answers(&name, ERROR, move |json| {
                let data = data(if json.contains("purchaseToken") { "purchaseToken" } else { "payment_successful" });
                edited(json, if length == 0 { code } else { &data[..length] }, value.as_ref())
            });
        }
    }
    answers("unknown keys added", "success", |json| {
        json.replace('{', r#"{"x":{"response":[null]},"é":"\u0000","#).replace(",}", "}").into_bytes()
    });
}
