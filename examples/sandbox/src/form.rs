use std::collections::HashMap;

use ekolopay_serve::Request;
use ekolopay_serve::http::header::CONTENT_TYPE;

/// The fields of a form or a query. If a name occurs twice, the last value counts, as in PHP.
pub(crate) struct Form(HashMap<String, String>);

impl Form {
    /// The body of the request, if its content type is that of a form.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let kind = request.headers().get(CONTENT_TYPE)?.to_str().ok()?;
        let kind = kind.split(';').next()?.trim();
        kind.eq_ignore_ascii_case("application/x-www-form-urlencoded").then(|| Self::parse(request.body()))
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
}
