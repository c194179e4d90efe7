//! The clients that are compared. Each makes the same check, keeps its connection, and gives up after 30 s.

use std::io::{Read, Write};
use std::net::TcpStream;

use ekolopay::canned::PAID;
use ekolopay::verify::Verification;
use ekolopay::{Credentials, Gateway, GatewayBuilder};
use ekolopay_test_kit::{API_CLIENT, KEPT_TOKEN, RawRequest, SECRET_KEY, response};

use crate::{CONTENT_TYPE, LONGEST_BODY, StatusAndBody, TIMEOUT, USER_AGENT, is_paid, reqwest, ureq, url};

/// Makes one call; panics when it fails, or when the order is not paid.
pub type Call = Box<dyn FnMut()>;

/// A check of the gateway at this origin; over TLS it trusts this root, in PEM.
pub type Peer = fn(origin: &str, root: &str) -> Call;

/// The one that is measured comes first. The last is the floor, for plain http: no client at all.
pub const PEERS: [(&str, Peer); 5] = [
    ("ekolopay", |origin, root| check_payment(builder().origin(origin).root_certificates(root.as_bytes()))),
    ("libcurl", |origin, root| check(curl(&url(origin, API_CLIENT), root))),
    ("reqwest::blocking", |origin, root| {
        // The other clients' cryptography; the first of several calls counts.
        let _ = rustls::crypto::ring::default_provider().install_default();
        check(reqwest(url(origin, API_CLIENT), Some(root)))
    }),
    ("ureq by hand", |origin, root| check(ureq(url(origin, API_CLIENT), Some(root)))),
    ("a raw socket", |origin, _| check(raw(origin))),
];

pub fn paid(_: &RawRequest) -> Vec<u8> {
    response(200, PAID)
}

pub fn builder() -> GatewayBuilder {
    Gateway::builder(Credentials::new(API_CLIENT, SECRET_KEY).expect("valid credentials"))
}

pub fn check_payment(builder: GatewayBuilder) -> Call {
    let (gateway, token) = (builder.build().expect("valid settings"), KEPT_TOKEN.parse().expect("a token"));
    Box::new(move || assert!(matches!(gateway.check_payment(&token), Ok(Verification::Paid(_)))))
}

fn check(mut post: impl FnMut(&str) -> StatusAndBody + 'static) -> Call {
    Box::new(move || assert!(is_paid(SECRET_KEY, KEPT_TOKEN, &mut post).expect("an answer")))
}

fn curl(url: &str, root: &str) -> impl FnMut(&str) -> StatusAndBody + use<> {
    let mut easy = curl::easy::Easy::new();
    let mut headers = curl::easy::List::new();
    headers.append("Accept: application/json").expect("a header");
    let set = [
        easy.url(url),
        easy.post(true),
        easy.http_headers(headers),
        easy.useragent(USER_AGENT),
        easy.timeout(TIMEOUT),
        easy.max_filesize(LONGEST_BODY),
        easy.noproxy("*"),
        easy.ssl_cainfo_blob(root.as_bytes()),
    ];
    assert!(set.iter().all(Result::is_ok), "valid settings");
    move |form| {
        easy.post_fields_copy(form.as_bytes())?;
        let mut body = Vec::new();
        let mut transfer = easy.transfer();
        transfer.write_function(|part| {
            body.extend_from_slice(part);
            Ok(part.len())
        })?;
        transfer.perform()?;
        drop(transfer);
        Ok((easy.response_code()?.try_into()?, body))
    }
}

/// Writes a request, and reads as much as the only reply that there is.
fn raw(origin: &str) -> impl FnMut(&str) -> StatusAndBody + use<> {
    let (host, path) = (origin.trim_start_matches("http://").to_owned(), url("", API_CLIENT));
    let mut stream = TcpStream::connect(&host).expect("a gateway");
    let mut reply = response(200, PAID);
    move |form| {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\nAccept: application/json\r\n\
             Content-Type: {CONTENT_TYPE}\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        stream.write_all(request.as_bytes())?;
        stream.read_exact(&mut reply)?;
        Ok((200, reply[reply.len() - PAID.len()..].to_vec()))
    }
}
