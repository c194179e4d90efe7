use std::collections::BTreeMap;

use axum::http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::server::Request;

pub(crate) const HIDDEN: &str = "***";

/// The fields of a form or a query. If a name occurs twice, the last value counts, as in PHP.
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    /// The body of the request, if its content type is that of a form.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let form = kind(request).eq_ignore_ascii_case("application/x-www-form-urlencoded");
        form.then(|| Self::parse(request.body()))
    }

    pub(crate) fn query(request: &Request) -> Self {
        Self::parse(request.uri().query().unwrap_or_default().as_bytes())
    }

    fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Its fields to be shown. Every secret is hidden by its name: a key that is wrong here may be right elsewhere.
    pub(crate) fn redacted(self) -> BTreeMap<String, String> {
        let secret = || ("secret_key".to_owned(), HIDDEN.to_owned());
        self.0.into_iter().map(|(name, value)| if is_secret(&name) { secret() } else { (name, shown(value)) }).collect()
    }
}

/// A value in which no secret is named.
fn shown(value: String) -> String {
    if !is_secret(&value) {
        return value;
    }
    let mut json: Value = serde_json::from_str(&value).unwrap_or_default();
    hide(&mut json);
    if json.is_null() { HIDDEN.to_owned() } else { json.to_string() }
}

/// The content type of a request without its parameters.
pub(crate) fn kind(request: &Request) -> &str {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim()
}

fn is_secret(text: &str) -> bool {
    text.to_ascii_lowercase().contains("secret")
}

fn hide(json: &mut Value) {
    match json {
        Value::Object(object) => {
            for (name, value) in object {
                if is_secret(name) { *value = HIDDEN.into() } else { hide(value) }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(hide),
        _ => {}
    }
}
