//! Rows 81, 82 and 114: pages of other sites can neither read the sandbox nor change anything.

use ekolopay_sandbox::{PaymentState, Sandbox};

use crate::client::{CHECK, FORM, PURCHASE, attempt, new_token, order, request};

fn at(sandbox: &Sandbox, method: &str, path: &str, host: &str) -> u16 {
    let answer = attempt(sandbox, &format!("{method} {path} HTTP/1.1\r\n{host}Content-Length: 0\r\n\r\n")).unwrap();
    assert!(answer.status != 421 || !answer.body.contains("066304925"));
    assert!(answer.status != 421 || !path.contains("/api/payments") || answer.json()["error"].is_string());
    answer.status
}

#[test]
fn only_this_machine_is_a_valid_host() {
    let sandbox = Sandbox::start().unwrap();
    let token = new_token(&sandbox);
    let (page, control) = (format!("/purchase-product/{token}"), format!("/sandbox/api/payments/{token}"));
    let foreign = "|evil.example|evil.example:80|localhost.evil.example|127.0.0.1.evil.example|evil@localhost|\
        localhost:80:x|10.0.0.1|[::2]:80|[localhost]|0.0.0.0|sandbox:8099|localhost\r\nHost: evil.example";
    let hosts = foreign.split('|').map(|host| format!("Host: {host}\r\n"));
    for host in hosts.chain([String::new()]) {
        for path in ["/", "/nowhere", "/sandbox", "/sandbox/api/payments", CHECK, &page, &control] {
            for method in ["GET", "POST", "DELETE"] {
                assert_eq!(at(&sandbox, method, path, &host), 421, "{method} {path} {host}");
            }
        }
    }
    let allowed = Sandbox::builder().listen("0.0.0.0:0".parse().unwrap()).allow_host("sandbox").start().unwrap();
    for (sandbox, host, status) in [
        (&sandbox, "LocalHost:3000", 200),
        (&sandbox, "[::1]:8099", 200),
        (&allowed, "SandBox:8099", 200),
        (&allowed, "0.0.0.0:8099", 200),
        (&allowed, "sandbox.evil.example", 421),
    ] {
        assert_eq!(at(sandbox, "GET", "/sandbox", &format!("Host: {host}\r\n")), status, "{host}");
    }
}

#[test]
fn other_sites_cannot_settle_payments_or_use_the_control() {
    let sandbox = Sandbox::start().unwrap();
    let token = new_token(&sandbox);
    let (page, control) = (format!("/purchase-product/{token}"), format!("/sandbox/api/payments/{token}/settle"));
    let forms = [
        ("POST", page.as_str(), "outcome=paid"),
        ("POST", &control, r#"{"outcome":"paid"}"#),
        ("POST", "/sandbox/api/service", "available=false"),
        ("PUT", "/sandbox/api/service", r#"{"available":false}"#),
        ("DELETE", "/sandbox/api/payments", ""),
    ];
    let foreign = "Origin: http://evil.example|Origin: https://localhost|Origin: http://localhost:3000|Origin: null|\
        Sec-Fetch-Site: cross-site|Origin: http://localhost\r\nSec-Fetch-Site: cross-site";
    for headers in foreign.split('|') {
        for (method, path, body) in forms {
            let answer = request(&sandbox, method, path, &format!("{FORM}{headers}\r\n"), body);
            assert_eq!(answer.status, 403, "{method} {path} {headers}");
        }
        // A shop may name its domain as the origin of a call.
        let call = request(&sandbox, "POST", PURCHASE, &format!("{FORM}{headers}\r\n"), &order(&[]));
        assert_eq!(call.status, if headers.contains("cross-site") { 403 } else { 200 }, "{headers}");
    }
    assert_eq!(sandbox.payments()[0].state, PaymentState::Pending);
    let own = format!("{FORM}Origin: http://localhost\r\nSec-Fetch-Site: same-origin\r\n");
    assert_eq!(request(&sandbox, "POST", &page, &own, "outcome=paid").status, 303);
}
