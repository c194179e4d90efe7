//! Replies as they may be written: the documented ones, and what is left of them after a few changes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// JSON, and what only looks like it: keys and values are kept as they are written.
#[derive(Debug, Clone)]
pub(crate) enum Json {
    Text(String),
    Object(Vec<(String, Json)>),
}

pub(crate) fn text(text: &str) -> Json {
    Json::Text(text.to_owned())
}

pub(crate) fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.map(|(key, value)| (key.to_owned(), value)).into())
}

pub(crate) fn envelope(code: &str, data: Json) -> Json {
    object([("response", object([("API_RESPONSE_CODE", text(code)), ("API_RESPONSE_DATA", data)]))])
}

impl Json {
    /// The text, with this between all its parts.
    pub(crate) fn written(&self, space: &str) -> String {
        match self {
            Json::Text(text) => text.clone(),
            Json::Object(members) => {
                let member = |(key, value): &(String, Json)| {
                    format!("{space}\"{key}\"{space}:{space}{}{space}", value.written(space))
                };
                format!("{{{}{space}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
            }
        }
    }

    /// The objects in it, counted from the outermost.
    fn objects(&self) -> usize {
        match self {
            Json::Text(_) => 0,
            Json::Object(members) => 1 + members.iter().map(|(_, value)| value.objects()).sum::<usize>(),
        }
    }

    fn object(&mut self, number: usize) -> Option<&mut Vec<(String, Json)>> {
        let Json::Object(members) = self else { return None };
        if number == 0 {
            return Some(members);
        }
        let mut before = 1;
        for (_, value) in members {
            let inside = value.objects();
            if number < before + inside {
                return value.object(number - before);
            }
            before += inside;
        }
        None
    }
}

/// What no reply of the gateway should hold, and a few values that one should.
pub(crate) fn odd_value() -> impl Strategy<Value = String> {
    let values = [
        "true",
        "false",
        "1",
        "0",
        "200",
        "null",
        "\"\"",
        "{}",
        "[]",
        "\"true\"",
        "\"1\"",
        "\"0\"",
        "\"200\"",
        "2",
        "-1",
        "-0",
        "1.0",
        "1e0",
        "2e2",
        "200.0",
        "1e400",
        "0200",
        "+200",
        ".5",
        "1.",
        "01",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "18446744073709551816",
        "\"0200\"",
        "\" 200\"",
        "\"TRUE\"",
        "\"yes\"",
        "\"\\u0074rue\"",
        "\"\\ud800\"",
        "\"\\ud83d\\ude00\"",
        "\"\\x\"",
        "\"\\/\"",
        "\"a\tb\"",
        "[true]",
        "[200]",
        "{\"0\":true}",
        "[[true]]",
        "NaN",
        "True",
        "'true'",
        "tru",
        "",
        "//",
        "\"UNAVAILABLE_SERVICE\"",
        "\"UNAVAILABLE\\u005fSERVICE\"",
        "\"..\"",
        "{\"$serde_json::private::Number\":\"200\"}",
        "{\"$serde_json::private::RawValue\":\"true\"}",
    ];
    let deep = (1..300_usize).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    let string = any::<String>().prop_map(jzon::stringify);
    prop_oneof![8 => select(values.to_vec()).prop_map(str::to_owned), 1 => deep, 1 => string]
}

/// One of the documented replies, its values as good as any.
pub(crate) fn documented() -> impl Strategy<Value = Json> {
    let code = select(&["200", "\"200\"", "\"\\u003200\""][..]);
    let booleans = ["true", "false", "1", "0", "\"true\"", "\"false\"", "\"1\"", "\"0\""];
    let data = |key, value: &str| object([("API_DATA", object([(key, text(value))]))]);
    let refused = (select(&["0", "\"0\"", "-17", "201"][..]), any::<String>());
    prop_oneof![
        (code.clone(), select(booleans.to_vec()))
            .prop_map(move |(code, paid)| envelope(code, data("payment_successful", paid))),
        (code, "[!#-Z^-~]{3,40}")
            .prop_map(move |(code, token)| envelope(code, data("purchaseToken", &format!("\"{token}\"")))),
        refused.prop_map(|(code, words)| envelope(code, object([("clearMessage", text(&jzon::stringify(words)))]))),
        any::<String>().prop_map(|words| object([
            ("code", text("0")),
            ("message", text(&jzon::stringify(words))),
            ("reason", text("\"UNAVAILABLE_SERVICE\"")),
        ])),
    ]
}

/// A documented reply to which up to three things have happened.
pub(crate) fn near_valid() -> impl Strategy<Value = Vec<u8>> {
    let keys = [
        "response",
        "API_RESPONSE_CODE",
        "API_RESPONSE_DATA",
        "API_DATA",
        "payment_successful",
        "purchaseToken",
        "clearMessage",
        "reason",
        "message",
        "code",
        "autre",
        "",
        "Response",
        "api_data",
        "API_DATA ",
        "\\u0041PI_DATA",
        "\\ud800",
        "\\q",
    ];
    let change = (0..9_usize, any::<[Index; 3]>(), select(keys.to_vec()), odd_value());
    let space = prop_oneof![
        4 => Just(""),
        3 => select(&[" ", "\n", "\t", "\r\n    "][..]),
        1 => select(&["\u{a0}", "\u{c}", "\u{feff}", "/**/", "\0", "\u{2028}"][..]),
    ];
    let around = select(&["", "", "", "", "", "", " ", "\n", "\u{feff}", "x", ",", "{}", "\0", "]"][..]);
    (documented(), vec(change, 0..4), space, around.clone(), around).prop_map(
        |(mut json, changes, space, before, after)| {
            for (kind, [object, one, other], key, odd) in changes {
                let number = object.index(json.objects().max(1));
                if let Some(members) = json.object(number) {
                    change_one(members, kind, one, other, key, &odd);
                }
            }
            format!("{before}{}{after}", json.written(space)).into_bytes()
        },
    )
}

fn change_one(members: &mut Vec<(String, Json)>, kind: usize, one: Index, other: Index, key: &str, odd: &str) {
    let put_in = one.index(members.len() + 1);
    if kind == 0 || members.is_empty() {
        return members.insert(put_in, (key.to_owned(), text(odd)));
    }
    let (at, from) = (one.index(members.len()), other.index(members.len()));
    let (name, value) = members[from].clone();
    match kind {
        1 => members.insert(put_in, (name, value)),
        2 => members.insert(put_in, (name, text(odd))),
        3 => drop(members.remove(from)),
        4 => members.swap(at, from),
        5 => key.clone_into(&mut members[from].0),
        6 => members[from].1 = text(&format!("[{}]", value.written(""))),
        7 => members[from].0 = name.chars().map(|char| format!("\\u{:04X}", u32::from(char))).collect(),
        _ => members[from].1 = text(odd),
    }
}
