//! TLS that fails, and whom the SDK trusts with each of the features `rustls`, `platform-verifier` and `native-tls`.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use ekolopay_faults::Call;
use ekolopay_faults::service::{drip, right, serve};
use ekolopay_test_kit::{Authority, Connection, Script, Server, response, secret};
use rustls::ServerConfig;
use rustls::version::TLS12;

use crate::client::Client;
use crate::fault::{AUTHORITY, Fault, Front, TIMEOUT, reset};
use crate::judge;

/// Whether the system's store is asked; `rustls` alone brings its roots along.
const ASKS_THE_SYSTEM: bool = cfg!(any(feature = "platform-verifier", not(feature = "rustls")));

fn fails(name: &str, script: impl Script) {
    let fault = Fault { front: Front::Tls, connecting: true, ..Fault::new(name, script) };
    fault.becomes("Transport: not sent", "Transport: not sent");
}

/// After the client's hello.
fn says(name: &str, bytes: Vec<u8>) {
    fails(name, move |connection| {
        connection.read()?;
        connection.write(&bytes)
    });
}

#[test]
fn a_certificate_that_is_not_trusted() {
    let shows = |name, config: Arc<ServerConfig>| {
        fails(name, move |connection| connection.tls(&config).and_then(|()| serve(connection)));
    };
    shows("unknown authority", Authority::new().config("127.0.0.1"));
    shows("wrong host name", AUTHORITY.config("example.com"));
    shows("expired", AUTHORITY.expired_config("127.0.0.1"));
}

#[test]
fn tls_1_1_is_not_spoken() {
    // Version 3.2, a random, no session, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, no compression.
    let hello = [&[3, 2][..], &[0x5a; 32], &[0, 0xc0, 0x13, 0]].concat();
    let length = u8::try_from(hello.len()).unwrap();
    says("a hello of TLS 1.1", [&[22, 3, 2, 0, length + 4, 2, 0, 0, length], &hello[..]].concat());
}

#[test]
fn a_handshake_that_fails() {
    fails("closed", Connection::read);
    says("plain HTTP on the port", response(400, &secret()));
    fails("reset", |connection| {
        connection.read()?;
        reset(connection)
    });
}

#[test]
fn a_handshake_that_never_ends() {
    let drips = |connection: &mut Connection| {
        connection.read()?;
        // The head of a long record, then its body.
        drip(connection, &[&[22, 3, 3, 64, 0][..], &[0; 4096]].concat(), Duration::from_millis(100))
    };
    for fault in [Fault::new("silent", Connection::stall), Fault::new("drips", drips)] {
        let fault = Fault { front: Front::Tls, connecting: true, ..fault };
        fault.becomes("Transport, timeout: not sent", "Transport, timeout: not sent");
    }
}

#[track_caller]
fn call(server: &Server, environment: &[(&str, &str)], expected: &str) {
    let mut client = Client::new(&server.origin, TIMEOUT, environment);
    judge::is(&client.call(Call::Payment(0)), expected);
    client.end();
}

#[test]
fn a_certificate_of_the_merchants_own_authority_is_trusted_among_others() {
    let (authority, other) = (Authority::new(), Authority::new());
    // As Windows saves it, with a byte order mark.
    let pem = format!("\u{feff}{}\nA company's roots\n{}", authority.pem(), other.pem());
    let server = Server::start_tls(authority.config("localhost"), right);
    call(&server, &[("FAULTS_ROOTS", &pem)], "success");
    assert_eq!(server.calls().len(), 1);
}

#[test]
fn an_authority_that_nobody_named_is_not_trusted() {
    let server = Server::start_tls(Authority::new().config("localhost"), right);
    call(&server, &[], "Transport: not sent");
    // Nothing was sent in plain text either.
    assert_eq!((server.connections(), server.requests().len()), (1, 0));
}

#[test]
fn tls_1_2_is_spoken_too() {
    let server = Server::start_tls(AUTHORITY.sign("localhost", 2999, &TLS12), right);
    call(&server, &[("FAULTS_ROOTS", &AUTHORITY.pem())], "success");
}

/// The variable says where the system's store is, on Linux.
#[cfg(target_os = "linux")]
#[test]
fn the_systems_store_is_asked_with_the_features_that_say_so_and_given_roots_win() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.config("localhost"), right);
    let store = tempfile::NamedTempFile::new().unwrap();
    fs::write(store.path(), authority.pem()).unwrap();
    let in_store = ("SSL_CERT_FILE", store.path().to_str().unwrap());
    call(&server, &[in_store], if ASKS_THE_SYSTEM { "success" } else { "Transport: not sent" });
    call(&server, &[in_store, ("FAULTS_ROOTS", &Authority::new().pem())], "Transport: not sent");
    assert_eq!(server.calls().len(), usize::from(ASKS_THE_SYSTEM));
}
