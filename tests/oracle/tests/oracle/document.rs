//! The documented replies, and what a few changes make of them.

use ekolopay_oracle::json;
use ekolopay_test_kit::replies;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::random::one_of;

/// JSON, and what only looks like it: keys and values are kept as they are written.
#[derive(Debug, Clone)]
pub(crate) enum Json {
    Text(String),
    Object(Vec<(String, Json)>),
}

impl Json {
    fn read(text: &str) -> Json {
        match json::members(text) {
            Some(members) => Json::Object(members.into_iter().map(|(key, value)| (key, Json::read(value))).collect()),
            None => Json::Text(text.to_owned()),
        }
    }

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

    /// The members of an object at this depth, or of the innermost one.
    fn object(&mut self, depth: usize) -> Option<&mut Vec<(String, Json)>> {
        let Json::Object(members) = self else { return None };
        let inner = members.iter().rposition(|(_, value)| matches!(value, Json::Object(_)));
        match inner {
            Some(at) if depth > 0 => members[at].1.object(depth - 1),
            _ => Some(members),
        }
    }
}

/// Values that a reply should not hold, and some that it should.
fn odd_value() -> impl Strategy<Value = String> {
    let listed = one_of(concat!(
        "true|false|null|1|0|200|2|-1|-0|1.0|1e0|2e2|200.0|1e400|0200|01|+200|.5|1.|9223372036854775807|",
        "9223372036854775808|-9223372036854775808|18446744073709551816|[]|{}|[true]|[200]|[[true]]|NaN|True|'true'|tru||//|",
        r#"""|"true"|"1"|"0"|"200"|"0200"|" 200"|"TRUE"|"yes"|".."|"\u0074rue"|"\ud800"|"\ud83d\ude00"|"\x"|"\/"|"#,
        r#""UNAVAILABLE_SERVICE"|"UNAVAILABLE\u005fSERVICE"|{"0":true}|{"$serde_json::private::Number":"200"}|"#,
        r#"{"$serde_json::private::RawValue":"true"}|"#,
        "\"a\tb\"",
    ));
    let deep = (1..300_usize).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    prop_oneof![8 => listed.prop_map(str::to_owned), 1 => deep, 1 => any_string()]
}

fn any_string() -> impl Strategy<Value = String> {
    any::<String>().prop_map(jzon::stringify)
}

/// One of the documented replies, with any values of the documented types.
pub(crate) fn documented() -> impl Strategy<Value = Json> {
    let code = one_of(r#"200|"200"|"\u003200""#);
    let paid = one_of(r#"true|false|1|0|"true"|"false"|"1"|"0""#);
    let refused = one_of(r#"0|"0"|-17|201"#);
    prop_oneof![
        (code.clone(), paid).prop_map(|(code, paid)| replies::PAID.replace("200", code).replace("true", paid)),
        (code, "[!#-Z^-~]{3,40}")
            .prop_map(|(code, token)| replies::TOKEN.replace("200", code).replace("string", &token)),
        (refused.clone(), any_string())
            .prop_map(|(code, reason)| format!(r#"{{"code":{code},"reason":{reason},"message":"non"}}"#)),
        (refused, any_string())
            .prop_map(|(code, message)| replies::REFUSED.replace('0', code).replace("\"string\"", &message)),
        any_string().prop_map(|message| replies::UNAVAILABLE.replace("\"Service indisponible\"", &message)),
    ]
    .prop_map(|text| Json::read(&text))
}

/// A documented reply after up to three changes.
pub(crate) fn near_valid() -> impl Strategy<Value = Vec<u8>> {
    let key = one_of(concat!(
        "response|API_RESPONSE_CODE|API_RESPONSE_DATA|API_DATA|payment_successful|purchaseToken|clearMessage|reason|",
        r"message|code|autre||Response|api_data|API_DATA |\u0041PI_DATA|\ud800|\q",
    ));
    let change = (0..9_usize, 0..4_usize, any::<[Index; 2]>(), key, odd_value());
    let space = prop_oneof![
        4 => Just(""),
        3 => one_of(" |\n|\t|\r\n    "),
        1 => one_of("\u{a0}|\u{c}|\u{feff}|/**/|\0|\u{2028}"),
    ];
    let around = prop_oneof![40 => Just(""), 8 => one_of(" |\n|\u{feff}|x|,|{}|\0|]")];
    (documented(), vec(change, 0..4), space, around.clone(), around).prop_map(
        |(mut json, changes, space, before, after)| {
            for (kind, depth, [one, other], key, odd) in changes {
                if let Some(members) = json.object(depth) {
                    change_one(members, kind, one, other, key, &odd);
                }
            }
            format!("{before}{}{after}", json.written(space)).into_bytes()
        },
    )
}

fn change_one(members: &mut Vec<(String, Json)>, kind: usize, one: Index, other: Index, key: &str, odd: &str) {
    let odd = Json::Text(odd.to_owned());
    let new = one.index(members.len() + 1);
    if kind == 0 || members.is_empty() {
        return members.insert(new, (key.to_owned(), odd));
    }
    let (at, from) = (one.index(members.len()), other.index(members.len()));
    let (name, value) = members[from].clone();
    match kind {
        1 => members.insert(new, (name, value)),
        2 => members.insert(new, (name, odd)),
        3 => drop(members.remove(from)),
        4 => members.swap(at, from),
        5 => key.clone_into(&mut members[from].0),
        6 => members[from].1 = Json::Text(format!("[{}]", value.written(""))),
        7 => members[from].0 = name.chars().map(|char| format!("\\u{:04X}", u32::from(char))).collect(),
        _ => members[from].1 = odd,
    }
}
