//! Rows 4, 5 and 21: only the right server is trusted.

use std::sync::Arc;
use std::time::Duration;

use ekolopay_faults::replies::response;
use ekolopay_faults::{FaultServer, Step, Then};
use ekolopay_test_kit::Authority;
use ekolopay_test_kit::secret;

use crate::fault::{AUTHORITY, Fault, Front, answer, reply};

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
    let unknown = Authority::new().config("127.0.0.1");
    let other_host = AUTHORITY.config("example.com");
    let expired = AUTHORITY.expired_config("127.0.0.1");
    for (name, config) in [("unknown authority", unknown), ("wrong host name", other_host), ("expired", expired)] {
        Fault::new(4, name, move || vec![Step::Tls(Arc::clone(&config)), Step::Serve])
            .behind(Front::Tls)
            .on_a_new_connection()
            .call(&["Transport: NotSent"])
            .check(&["Transport: NotSent"]);
    }
    let protocol_version = vec![21, 3, 2, 0, 2, 2, 70];
    for (name, bytes) in [("TLS 1.1 hello", server_hello_of_tls_1_1()), ("TLS 1.1 alert", protocol_version)] {
        let steps = move || {
            let bytes = bytes.clone();
            vec![Step::Bytes(5), reply(move |_| bytes.clone())]
        };
        Fault::new(4, name, steps)
            .behind(Front::Tls)
            .on_a_new_connection()
            .call(&["Transport: NotSent"])
            .check(&["Transport: NotSent"]);
    }
}

#[test]
fn row_05_handshake_fails() {
    let fault = |name, steps: fn() -> Vec<Step>| Fault::new(5, name, steps).behind(Front::Tls).on_a_new_connection();
    fault("silent", || vec![Step::Stall])
        .times_out()
        .call(&["Transport, timeout: NotSent"])
        .check(&["Transport, timeout: NotSent"]);
    // The head of a long record, then its body one byte at a time.
    fault("drip", || {
        let record = |_: &str| [&[22, 3, 3, 64, 0][..], &[0; 4096]].concat();
        vec![Step::Bytes(5), Step::Drip(Box::new(record), Duration::from_millis(100))]
    })
    .times_out()
    .call(&["Transport, timeout: NotSent"])
    .check(&["Transport, timeout: NotSent"]);
    for fault in [
        fault("reset", || vec![Step::Bytes(5), Step::Reset]),
        fault("closed", || vec![Step::Bytes(5)]),
        fault("plain HTTP on the port", || vec![Step::Bytes(5), reply(|_| response(400, "", &secret()))]),
    ] {
        fault.call(&["Transport: NotSent"]).check(&["Transport: NotSent"]);
    }
}

#[test]
fn row_21_https_redirected_to_http() {
    let plain = FaultServer::start("127.0.0.1", vec![], Then::Play(Box::new(|| vec![Step::Serve]))).unwrap();
    for status in [301, 302, 303, 307, 308] {
        let location = format!("Location: http://{}/api/v1/gateway/check-payment\r\n", plain.address());
        Fault::new(21, status.to_string(), move || {
            let location = location.clone();
            answer(move |json| response(status, &location, json))
        })
        .behind(Front::Tls)
        .call(&["UnexpectedReply: Answered"])
        .check(&["success"]);
    }
    assert_eq!(plain.finish().connections(), 0);
}
