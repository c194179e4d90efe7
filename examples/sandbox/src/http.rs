//! Requests and replies, as the pages and calls see them.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::TcpStream;
use std::time::SystemTime;

pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// Whether the client expects the connection to be closed afterwards.
    pub(crate) last: bool,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The method, `HEAD` being answered as `GET` is.
    pub(crate) fn verb(&self) -> &str {
        if self.method == "HEAD" { "GET" } else { &self.method }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        let found = all.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }

    /// The body's fields, if it says to be a form.
    pub(crate) fn form(&self) -> Option<Form> {
        let kind = self.header("Content-Type")?.split(';').next()?.trim();
        kind.eq_ignore_ascii_case("application/x-www-form-urlencoded").then(|| Form::parse(&self.body))
    }
}

/// The fields of a form or of a query; of a name given twice, the last as in PHP.
pub(crate) struct Form(HashMap<String, String>);

impl Form {
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Reply {
    pub(crate) fn new(status: u16, content_type: &str, body: String) -> Self {
        let headers = vec![("Content-Type", content_type.to_owned())];
        Self { status, headers, body }
    }

    pub(crate) fn json(body: String) -> Self {
        Self::new(200, "application/json", body)
    }

    pub(crate) fn see_other(location: impl Into<String>) -> Self {
        Self::new(303, "text/plain; charset=utf-8", String::new()).with("Location", location)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn write(&self, mut to: &TcpStream, head_only: bool, last: bool) -> io::Result<()> {
        let mut bytes = Vec::new();
        let (status, date) = (self.status, httpdate::fmt_http_date(SystemTime::now()));
        write!(bytes, "HTTP/1.1 {status} {}\r\nDate: {date}\r\n", reason(status))?;
        for (name, value) in &self.headers {
            write!(bytes, "{name}: {value}\r\n")?;
        }
        if last {
            write!(bytes, "Connection: close\r\n")?;
        }
        write!(bytes, "Content-Length: {}\r\n\r\n", self.body.len())?;
        if !head_only {
            bytes.extend_from_slice(self.body.as_bytes());
        }
        to.write_all(&bytes)
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        303 => "See Other",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        _ => "",
    }
}
