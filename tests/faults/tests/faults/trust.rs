//! Rows 4 and 5; and whom the SDK trusts, with either of the features `rustls` and `native-tls`.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use ekolopay_faults::replies::response;
use ekolopay_faults::{Call, Step};
use ekolopay_test_kit::{Authority, Counts, RawRequest, Server, secret};

use crate::client::Client;
use crate::fault::{AUTHORITY, Fault, Front, TIMEOUT};
use crate::judge;

fn fails(name: &str, steps: impl IntoIterator<Item = Step>) {
    Fault::connecting(Front::Tls, name, steps).becomes("Transport: not sent", "Transport: not sent");
}

fn runs_out_of_time(name: &str, steps: impl IntoIterator<Item = Step>) {
    Fault::connecting(Front::Tls, name, steps).becomes("Transport, timeout: not sent", "Transport, timeout: not sent");
}

/// The first message of a TLS 1.1 server, which the client refuses.
fn server_hello_of_tls_1_1() -> Vec<u8> {
    // Version 3.2, a random, no session, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, no compression.
    let mut hello = vec![3, 2];
    hello.extend([0x5a; 32]);
    hello.extend([0, 0xc0, 0x13, 0]);
    let length = u8::try_from(hello.len()).unwrap();
    [&[22, 3, 2, 0, length + 4, 2, 0, 0, length], &hello[..]].concat()
}

#[test]
fn row_04_certificate_or_version_not_trusted() {
    let serves = |config| [Step::Tls(config), Step::Serve];
    fails("unknown authority", serves(Authority::new().config("127.0.0.1")));
    fails("wrong host name", serves(AUTHORITY.config("example.com")));
    fails("expired", serves(AUTHORITY.expired_config("127.0.0.1")));
    fails("TLS 1.1 hello", [Step::Bytes(5), Step::reply(|_| server_hello_of_tls_1_1())]);
    fails("TLS 1.1 alert: protocol_version", [Step::Bytes(5), Step::reply(|_| vec![21, 3, 2, 0, 2, 2, 70])]);
}

#[test]
fn row_05_handshake_fails() {
    runs_out_of_time("silent", [Step::Stall]);
    // The head of a long record, then its body one byte at a time.
    let record = |_: &str| [&[22, 3, 3, 64, 0][..], &[0; 4096]].concat();
    runs_out_of_time("drip", [Step::Bytes(5), Step::Drip(Arc::new(record), Duration::from_millis(100))]);
    fails("reset", [Step::Bytes(5), Step::Reset]);
    fails("closed", [Step::Bytes(5)]);
    fails("plain HTTP on the port", [Step::Bytes(5), Step::reply(|_| response(400, "", secret()))]);
}

#[track_caller]
fn call(origin: &str, environment: &[(&str, &str)], expected: &str) {
    let mut client = Client::new(origin, TIMEOUT, environment);
    judge::is(&client.call(Call::Payment(0)).outcome, expected);
    client.end();
}

#[test]
fn a_certificate_of_the_merchants_own_authority_is_trusted_among_others() {
    let (authority, other) = (Authority::new(), Authority::new());
    // As Windows saves it, with a byte order mark.
    let pem = format!("\u{feff}A company's roots\n{}\n{}", other.pem(), authority.pem());
    let server = authority.server(RawRequest::documented);
    call(&server.origin, &[("FAULTS_ROOTS", &pem)], "success");
    assert_eq!(server.counts().connections, 1, "check and call share a connection");
    let bodies = server.requests().into_iter().map(|request| request.body).collect::<Vec<_>>();
    let key: String = form_urlencoded::byte_serialize(secret().as_bytes()).collect();
    assert_eq!(bodies, ["purchaseToken=".to_owned(), format!("purchaseToken=0&secret_key={key}")]);
}

#[test]
fn an_authority_that_nobody_named_is_not_trusted() {
    let server = Authority::new().server(RawRequest::documented);
    call(&server.origin, &[("FAULTS_ROOTS", "")], "Transport: not sent");
    // One connection, which no handshake completed: nothing was sent in plain text either.
    assert_eq!(server.counts(), Counts { connections: 1, ..Counts::default() });
}

#[test]
fn tls_1_2_is_spoken_too() {
    let server = Server::start_tls(AUTHORITY.config_for_tls_1_2("localhost"), RawRequest::documented);
    call(&server.origin, &[], "success");
}

/// Whether the system's store is asked, of which this variable says where it is; `rustls` alone brings its roots along.
const ASKS_THE_SYSTEM: bool = cfg!(any(feature = "platform-verifier", not(feature = "rustls")));

#[test]
fn the_trust_store_is_the_one_of_the_feature() {
    let authority = Authority::new();
    let server = authority.server(RawRequest::documented);
    let mut store = tempfile::NamedTempFile::new().unwrap();
    store.write_all(authority.pem().as_bytes()).unwrap();
    let environment = [("FAULTS_ROOTS", ""), ("SSL_CERT_FILE", store.path().to_str().unwrap())];
    let expected = if ASKS_THE_SYSTEM { "success" } else { "Transport: not sent" };
    call(&server.origin, &environment, expected);
    assert_eq!(server.calls().len(), usize::from(ASKS_THE_SYSTEM));
    // Roots that are given win: then the system's store is not asked.
    call(&server.origin, &[("FAULTS_ROOTS", &Authority::new().pem()), environment[1]], "Transport: not sent");
    assert_eq!(server.calls().len(), usize::from(ASKS_THE_SYSTEM));
}
