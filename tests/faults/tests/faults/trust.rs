//! Whom the SDK trusts, with whichever of the features `rustls` and `native-tls` this is built with; rows 4 and 5 show
//! whom it does not.

use std::io::Write;

use ekolopay_faults::Call;
use ekolopay_test_kit::{Authority, Request};

use crate::client::Client;
use crate::fault::TIMEOUT;
use crate::judge;

#[track_caller]
fn call(origin: &str, environment: &[(&str, &str)], expected: &str) {
    let mut client = Client::new(origin, TIMEOUT, environment);
    judge::is(&client.call(Call::Payment(0)).outcome, expected);
    client.end();
}

#[test]
fn a_certificate_of_the_merchants_own_authority_is_trusted_among_others() {
    let (authority, other) = (Authority::new(), Authority::new());
    let pem = format!("A company's roots\n{}\n{}", other.pem(), authority.pem());
    let server = authority.server(Request::documented);
    call(&server.origin, &[("FAULTS_ROOTS", &pem)], "success");
    assert_eq!((server.calls().len(), server.counts().connections), (1, 1), "check and call share a connection");
}

/// `native-tls` asks the system (here OpenSSL, which can be told where its store is), `rustls` brings its roots along.
#[test]
fn the_trust_store_is_the_one_of_the_feature() {
    let authority = Authority::new();
    let server = authority.server(Request::documented);
    let mut store = tempfile::NamedTempFile::new().unwrap();
    store.write_all(authority.pem().as_bytes()).unwrap();
    let environment = [("FAULTS_ROOTS", ""), ("SSL_CERT_FILE", store.path().to_str().unwrap())];
    let expected = if cfg!(feature = "rustls") { "Transport: NotSent" } else { "success" };
    call(&server.origin, &environment, expected);
    assert_eq!(server.calls().len(), usize::from(expected == "success"), "nothing is sent, in plain text least of all");
}
