use ekolopay_serve::Response;
use ekolopay_serve::http::header::{CONTENT_TYPE, LOCATION};
use ekolopay_serve::http::{HeaderValue, StatusCode};

pub(crate) fn json(body: String) -> Response {
    response(StatusCode::OK, "application/json", body)
}

pub(crate) fn see_other(location: &str) -> Response {
    let mut response = response(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", String::new());
    // The settings refuse a redirect URL that is not ASCII.
    response.headers_mut().insert(LOCATION, HeaderValue::from_str(location).expect("an ASCII URL"));
    response
}

pub(crate) fn html(status: StatusCode, document: String) -> Response {
    response(status, "text/html; charset=utf-8", document)
}

fn response(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let mut response = Response::new(body.into_bytes());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
