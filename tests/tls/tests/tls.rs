//! Real TLS exchanges, with whichever of the features `rustls` and `native-tls` this is built with.

use std::io::Write;
use std::net::TcpListener;
use std::process::Command;
use std::thread;

use ekolopay::verify::Verification;
use ekolopay::{Credentials, Delivery, Error, Gateway, GatewayBuilder};
use ekolopay_tls_tests::{Authority, TlsServer};

const SECRET_KEY: &str = "054e9a59-ab57-4e9a-940d-97e6b940d875";

fn builder(host: &str, port: u16) -> GatewayBuilder {
    let credentials = Credentials::new("demo", SECRET_KEY).unwrap();
    Gateway::builder(credentials).origin(&format!("https://{host}:{port}"))
}

fn check(gateway: &Gateway) -> Result<Verification, Error> {
    gateway.check_payment(&"940d4e9a".parse().unwrap())
}

/// The server is not the one that is trusted: nothing may reach it, in plain text least of all.
#[track_caller]
fn is_not_trusted(builder: GatewayBuilder, server: &TlsServer) {
    let error = check(&builder.build().unwrap()).unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
    assert_eq!(error.delivery(), Delivery::NotSent);
    assert!(!error.is_timeout());
    assert_eq!(server.connections(), 1, "the handshake is tried once");
    assert_eq!(server.bodies(), [""; 0]);
}

#[test]
fn a_payment_is_verified_over_tls() {
    let authority = Authority::new();
    for host in ["127.0.0.1", "localhost"] {
        let server = authority.server(host);
        let gateway = builder(host, server.port).root_certificates(authority.pem().as_bytes()).build().unwrap();
        assert!(matches!(check(&gateway).unwrap(), Verification::Paid(_)));
        let call = format!("purchaseToken=940d4e9a&secret_key={SECRET_KEY}");
        assert_eq!(server.bodies(), ["purchaseToken=", &call]);
        assert_eq!(server.connections(), 1, "check and call share a connection");
    }
}

#[test]
fn several_certificates_may_be_trusted() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = authority.server("localhost");
    let pem = format!("A company's roots\n{}\n{}", other.pem(), authority.pem());
    let gateway = builder("localhost", server.port).root_certificates(pem.as_bytes()).build().unwrap();
    assert!(matches!(check(&gateway).unwrap(), Verification::Paid(_)));
}

#[test]
fn an_unknown_authority_is_not_trusted() {
    let server = Authority::new().server("localhost");
    is_not_trusted(builder("localhost", server.port), &server);
    let server = Authority::new().server("localhost");
    let other = Authority::new().pem();
    is_not_trusted(builder("localhost", server.port).root_certificates(other.as_bytes()), &server);
}

#[test]
fn a_certificate_for_another_host_or_time_is_not_trusted() {
    let authority = Authority::new();
    let pem = authority.pem();
    let server = authority.server("example.com");
    is_not_trusted(builder("localhost", server.port).root_certificates(pem.as_bytes()), &server);
    let server = authority.expired_server("localhost");
    is_not_trusted(builder("localhost", server.port).root_certificates(pem.as_bytes()), &server);
}

#[test]
fn plain_http_on_the_port_of_tls_is_not_spoken() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let error = check(&builder("127.0.0.1", port).build().unwrap()).unwrap_err();
    assert_eq!(error.delivery(), Delivery::NotSent);
}

#[test]
#[ignore = "a part of the test below, which runs it with a trust store of its own"]
fn call_with_the_systems_trust_store() {
    let port = std::env::var("TEST_PORT").unwrap().parse().unwrap();
    println!("trusted: {}", check(&builder("localhost", port).build().unwrap()).is_ok());
}

/// `native-tls` asks the system (here OpenSSL, which can be told where its store is), `rustls` brings its roots along.
#[cfg(target_os = "linux")]
#[test]
fn the_trust_store_is_the_one_that_the_feature_says() {
    let authority = Authority::new();
    let server = authority.server("localhost");
    let mut store = tempfile::NamedTempFile::new().unwrap();
    store.write_all(authority.pem().as_bytes()).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["call_with_the_systems_trust_store", "--exact", "--ignored", "--nocapture"])
        .env("SSL_CERT_FILE", store.path())
        .env("TEST_PORT", server.port.to_string())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(&format!("trusted: {}", !cfg!(feature = "rustls"))), "{text}");
}
