//! The clients that are compared. Each makes the same check, keeps its connection, and gives up after 30 s.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use ekolopay::purchase::PurchaseToken;

use crate::merchant::{Fields, LONGEST_REPLY, Result, USER_AGENT, check, path, url};
use crate::{KEPT_TOKEN, client, is_paid};

const TIMEOUT: Duration = Duration::from_secs(30);

/// Makes one check, by one thread; panics when the order is not paid.
pub type Check = Box<dyn FnMut() + Send>;

/// As many checks of the gateway at an origin as there are threads to make them. A client that can be shared is.
pub type Peer = fn(origin: &str, root: Option<&str>, threads: usize) -> Vec<Check>;

/// What all do that is no client's: a request written and a reply read, by a socket each.
const FLOOR: &str = "a raw socket";

/// The one that is measured comes first, the floor last.
pub const PEERS: [(&str, Peer); 5] = [
    ("ekolopay", ekolopay),
    ("reqwest::blocking", reqwest),
    ("ureq by hand", ureq),
    ("libcurl", |origin, _, threads| (0..threads).map(|_| curl(origin)).collect()),
    (FLOOR, |origin, _, threads| (0..threads).map(|_| raw(origin)).collect()),
];

fn ekolopay(origin: &str, root: Option<&str>, threads: usize) -> Vec<Check> {
    let token: PurchaseToken = KEPT_TOKEN.parse().expect("a token");
    let gateway = client(origin, root);
    let check = || {
        let (gateway, token) = (gateway.clone(), token.clone());
        Box::new(move || assert!(is_paid(&gateway, &token))) as Check
    };
    (0..threads).map(|_| check()).collect()
}

fn ureq(origin: &str, root: Option<&str>, threads: usize) -> Vec<Check> {
    use ureq::tls::{Certificate, RootCerts, TlsConfig};

    let root = root.map(|pem| Certificate::from_pem(pem.as_bytes()).expect("a certificate in PEM"));
    let roots = root.map_or(RootCerts::WebPki, |root| [root].into());
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(TIMEOUT))
        .max_idle_age(Duration::from_secs(3))
        .max_idle_connections(64)
        .max_idle_connections_per_host(64)
        .user_agent(USER_AGENT)
        .accept("application/json")
        .proxy(None)
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .build()
        .into();
    shared(threads, url(origin), agent, |agent, url, fields| {
        let mut response = agent.post(url).send_form(fields.iter().copied())?;
        let body = response.body_mut().with_config().limit(LONGEST_REPLY as u64).read_to_string()?;
        Ok((response.status().as_u16(), body))
    })
}

fn reqwest(origin: &str, root: Option<&str>, threads: usize) -> Vec<Check> {
    use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};

    // The other clients' cryptography; the first of several calls counts.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let root = root.map(|pem| reqwest::Certificate::from_pem(pem.as_bytes()).expect("a certificate in PEM"));
    let client = reqwest::blocking::Client::builder()
        .default_headers(HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]))
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT)
        .user_agent(USER_AGENT)
        .no_proxy()
        // Without any the system's are asked for, which may be missing.
        .tls_certs_only(root)
        .build()
        .expect("valid settings");
    shared(threads, url(origin), client, |client, url, fields| {
        let response = client.post(url).form(fields).send()?;
        let (status, mut body) = (response.status().as_u16(), String::new());
        response.take(LONGEST_REPLY as u64).read_to_string(&mut body)?;
        Ok((status, body))
    })
}

/// A client whose clones share its connections.
fn shared<C: Clone + Send + 'static>(
    threads: usize,
    url: String,
    client: C,
    post: fn(&C, &str, Fields<'_>) -> Result<(u16, String)>,
) -> Vec<Check> {
    let check = || {
        let (client, url) = (client.clone(), url.clone());
        Box::new(move || assert!(check(|fields| post(&client, &url, fields)).expect("an answer"))) as Check
    };
    (0..threads).map(|_| check()).collect()
}

fn curl(origin: &str) -> Check {
    let mut easy = curl::easy::Easy::new();
    let mut headers = curl::easy::List::new();
    headers.append("Accept: application/json").expect("a header");
    let set = [
        easy.url(&url(origin)),
        easy.post(true),
        easy.http_headers(headers),
        easy.useragent(USER_AGENT),
        easy.timeout(TIMEOUT),
        easy.noproxy("*"),
    ];
    assert!(set.iter().all(std::result::Result::is_ok), "valid settings");
    let mut post = move |fields: Fields<'_>| {
        easy.post_fields_copy(serde_urlencoded::to_string(fields)?.as_bytes())?;
        let mut body = Vec::new();
        let mut transfer = easy.transfer();
        transfer.write_function(|part| {
            body.extend_from_slice(part);
            // Another length than that of the part ends the transfer.
            Ok(if body.len() > LONGEST_REPLY { 0 } else { part.len() })
        })?;
        transfer.perform()?;
        drop(transfer);
        Ok((u16::try_from(easy.response_code()?)?, String::from_utf8(body)?))
    };
    Box::new(move || assert!(check(&mut post).expect("an answer")))
}

fn raw(origin: &str) -> Check {
    let host = origin.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&host).expect("a gateway");
    stream.set_nodelay(true).expect("a TCP socket");
    let mut buffer = vec![0; LONGEST_REPLY];
    let mut post = move |fields: Fields<'_>| {
        let (path, form) = (path(), serde_urlencoded::to_string(fields)?);
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\nAccept: application/json\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        stream.write_all(request.as_bytes())?;
        reply(&mut stream, &mut buffer)
    };
    Box::new(move || assert!(check(&mut post).expect("an answer")))
}

fn reply(stream: &mut TcpStream, received: &mut [u8]) -> Result<(u16, String)> {
    let mut length = 0;
    loop {
        let read = stream.read(&mut received[length..])?;
        if read == 0 {
            return Err("the reply is cut".into());
        }
        length += read;
        let mut headers = [httparse::EMPTY_HEADER; 16];
        let mut head = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(start) = head.parse(&received[..length])? else { continue };
        let header = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
        let end = start + std::str::from_utf8(header.ok_or("no length")?.value)?.parse::<usize>()?;
        if length == end {
            return Ok((head.code.unwrap_or_default(), std::str::from_utf8(&received[start..end])?.to_owned()));
        }
    }
}
