//! Pages of other sites can neither read the sandbox nor change anything.

use ekolopay_sandbox::{PaymentState, Sandbox};

use crate::client::{CHECK, FORM, PURCHASE, new_token, order, raw, request};

#[test]
fn only_this_machine_is_a_valid_host() {
    let sandbox = Sandbox::start().unwrap();
    let token = new_token(&sandbox, &[]);
    let (page, control) = (format!("/purchase-product/{token}"), format!("/sandbox/api/payments/{token}"));
    let foreign = "evil.example|evil.example:80|localhost.evil.example|127.0.0.1.evil.example|evil@localhost|\
        localhost:80:x|10.0.0.1|[::2]:80|[localhost]|0.0.0.0|sandbox:8099|localhost\r\nHost: evil.example|";
    let hosts = foreign.split('|').map(|host| format!("Host: {host}"));
    for host in hosts.chain(["X-Forwarded-Host: localhost".to_owned()]) {
        for path in ["/", "/nowhere", "/sandbox", "/sandbox/api/payments", CHECK, &page, &control] {
            for method in ["GET", "POST", "DELETE"] {
                let answer = raw(&sandbox, &format!("{method} {path} HTTP/1.1\r\n{host}"));
                assert!(answer.starts_with("HTTP/1.1 421 "), "{method} {path} {host}");
                assert_eq!(answer.contains("\r\n\r\n{\"error\":"), path.starts_with("/sandbox/api"), "{answer}");
                assert!(!answer.contains("066304925"));
            }
        }
    }
    let allowed = Sandbox::builder().listen("0.0.0.0:0".parse().unwrap()).allow_host("sandbox").start().unwrap();
    let status = |sandbox, host| raw(sandbox, &format!("GET /sandbox HTTP/1.1\r\nHost: {host}"))[9..12].to_owned();
    assert_eq!(["LocalHost:3000", "[::1]:8099"].map(|host| status(&sandbox, host)), ["200", "200"]);
    let hosts = ["SandBox:8099", "0.0.0.0:8099", "sandbox.evil.example"];
    assert_eq!(hosts.map(|host| status(&allowed, host)), ["200", "200", "421"]);
}

#[test]
fn other_sites_cannot_settle_payments_or_use_the_control() {
    let sandbox = Sandbox::start().unwrap();
    let token = new_token(&sandbox, &[]);
    let (page, settle) = (format!("/purchase-product/{token}"), format!("/sandbox/api/payments/{token}/settle"));
    let (service, payments) = ("/sandbox/api/service", "/sandbox/api/payments");
    let writes = [("POST", &*page), ("POST", &settle), ("POST", service), ("PUT", service), ("DELETE", payments)];
    let form = "outcome=paid&available=false";
    let (own, cross) = (("Origin", &*sandbox.origin()), ("Sec-Fetch-Site", "cross-site"));
    let origins = ["http://evil.example", "https://localhost", "http://localhost:3000", "null"];
    let foreign = origins.map(|origin| vec![FORM, ("Origin", origin)]);
    for headers in foreign.into_iter().chain([vec![FORM, cross], vec![FORM, own, cross]]) {
        for (method, path) in writes {
            let status = request(&sandbox, method, path, &headers, form).status;
            assert_eq!(status, 403, "{method} {path} {headers:?}");
        }
        // A shop may name its domain as the origin of a call.
        let call = request(&sandbox, "POST", PURCHASE, &headers, &order(&[]));
        assert_eq!(call.status, if headers.contains(&cross) { 403 } else { 200 }, "{headers:?}");
    }
    assert_eq!(sandbox.payments()[0].state, PaymentState::Pending);
    let headers = [FORM, own, ("Sec-Fetch-Site", "same-origin")];
    assert_eq!(request(&sandbox, "POST", &page, &headers, form).status, 303);
}
