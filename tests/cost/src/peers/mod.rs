//! The clients that are compared. Each makes the same check, keeps its connection, and gives up after 30 s.

mod child;
mod own;
mod turns;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use ekolopay_test_kit::{API_CLIENT, Authority, KEPT_TOKEN, RawRequest, SECRET_KEY, Server};
use ureq::tls;

use crate::by_hand::{CONTENT_TYPE, LONGEST_BODY, StatusAndBody, TIMEOUT, is_paid, url};

pub use child::{made_calls, of_1000_calls};
pub use own::{DOCUMENTED_CALLBACK, OWN_CALLS};
pub use turns::{Ratio, ratios};

const USER_AGENT: &str = "ekolopay/0.1.0";

/// Makes one call; panics when it fails, or when the order is not paid.
pub type Call = Box<dyn FnMut() + Send>;

/// As many checks of the gateway at an origin as there are threads to make them. A client that can be shared is.
pub type Peer = fn(origin: &str, root: Option<&str>, threads: usize) -> Vec<Call>;

/// The one that is measured comes first. The last is the floor: a request written and a response read, no client at all.
pub const PEERS: [(&str, Peer); 5] = [
    ("ekolopay", own::checks),
    ("reqwest::blocking", reqwest),
    ("ureq by hand", ureq),
    ("libcurl", |origin, _, threads| checks(threads, || curl(origin))),
    ("a raw socket", |origin, _, threads| checks(threads, || raw(origin))),
];

/// The origin of a gateway that answers at once. It has a name, as gateways do, so that there is something to look up.
pub fn gateway(authority: Option<&Authority>) -> String {
    let server = match authority {
        Some(authority) => authority.server(RawRequest::documented),
        None => Server::start(RawRequest::documented),
    };
    server.origin.replace("127.0.0.1", "localhost")
}

fn checks<P: FnMut(&str) -> StatusAndBody + Send + 'static>(threads: usize, client: impl Fn() -> P) -> Vec<Call> {
    let check = |_| {
        let mut post = client();
        Box::new(move || assert!(is_paid(SECRET_KEY, KEPT_TOKEN, &mut post).expect("an answer"))) as Call
    };
    (0..threads).map(check).collect()
}

fn ureq(origin: &str, root: Option<&str>, threads: usize) -> Vec<Call> {
    let root = root.map(|pem| tls::Certificate::from_pem(pem.as_bytes()).expect("a certificate in PEM"));
    let roots = root.map_or(tls::RootCerts::WebPki, |root| [root].into());
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
        .tls_config(tls::TlsConfig::builder().root_certs(roots).build())
        .build()
        .into();
    checks(threads, || {
        let (agent, url) = (agent.clone(), url(origin, API_CLIENT));
        move |form: &str| {
            let mut response = agent.post(&url).content_type(CONTENT_TYPE).send(form)?;
            let body = response.body_mut().with_config().limit(LONGEST_BODY as u64).read_to_vec()?;
            Ok((response.status().as_u16(), body))
        }
    })
}

fn reqwest(origin: &str, root: Option<&str>, threads: usize) -> Vec<Call> {
    // The other clients' cryptography; the first of several calls counts.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let root = root.map(|pem| reqwest::Certificate::from_pem(pem.as_bytes()).expect("a certificate in PEM"));
    let client = reqwest::blocking::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT)
        .user_agent(USER_AGENT)
        .no_proxy()
        // Without any the system's are asked for, which may be missing.
        .tls_certs_only(root)
        .build()
        .expect("valid settings");
    checks(threads, || {
        let (client, url) = (client.clone(), url(origin, API_CLIENT));
        move |form: &str| {
            let request = client.post(&url).header("Accept", "application/json").header("Content-Type", CONTENT_TYPE);
            let response = request.body(form.to_owned()).send()?;
            let (status, mut body) = (response.status().as_u16(), Vec::new());
            response.take(LONGEST_BODY as u64).read_to_end(&mut body)?;
            Ok((status, body))
        }
    })
}

fn curl(origin: &str) -> impl FnMut(&str) -> StatusAndBody + Send + use<> {
    let mut easy = curl::easy::Easy::new();
    let mut headers = curl::easy::List::new();
    headers.append("Accept: application/json").expect("a header");
    let set = [
        easy.url(&url(origin, API_CLIENT)),
        easy.post(true),
        easy.http_headers(headers),
        easy.useragent(USER_AGENT),
        easy.timeout(TIMEOUT),
        easy.noproxy("*"),
    ];
    assert!(set.iter().all(Result::is_ok), "valid settings");
    move |form| {
        easy.post_fields_copy(form.as_bytes())?;
        let mut body = Vec::new();
        let mut transfer = easy.transfer();
        transfer.write_function(|part| {
            body.extend_from_slice(part);
            // Another length than that of the part ends the transfer.
            Ok(if body.len() > LONGEST_BODY { 0 } else { part.len() })
        })?;
        transfer.perform()?;
        drop(transfer);
        Ok((easy.response_code()?.try_into()?, body))
    }
}

fn raw(origin: &str) -> impl FnMut(&str) -> StatusAndBody + Send + use<> {
    let (host, path) = (origin.trim_start_matches("http://").to_owned(), url("", API_CLIENT));
    let mut stream = TcpStream::connect(&host).expect("a gateway");
    stream.set_nodelay(true).expect("a TCP socket");
    let mut buffer = vec![0; LONGEST_BODY];
    move |form| {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\nAccept: application/json\r\n\
             Content-Type: {CONTENT_TYPE}\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        stream.write_all(request.as_bytes())?;
        let mut length = 0;
        loop {
            let read = stream.read(&mut buffer[length..])?;
            if read == 0 {
                return Err("the response is cut".into());
            }
            length += read;
            let received = std::str::from_utf8(&buffer[..length])?;
            let Some((head, body)) = received.split_once("\r\n\r\n") else { continue };
            let (_, expected) = head.split_once("Content-Length: ").ok_or("no length")?;
            if body.len() == expected.lines().next().unwrap_or_default().parse::<usize>()? {
                return Ok((head["HTTP/1.1 ".len()..][..3].parse()?, body.into()));
            }
        }
    }
}
