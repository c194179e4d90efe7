//! Pages of other sites can neither read the sandbox nor change anything.

use ekolopay_sandbox::{PaymentState, Sandbox};

use crate::client::{CHECK, PURCHASE, calling, new_token, order, post_with, send, settle, shop};

#[test]
fn only_this_machine_is_a_valid_host() {
    let sandbox = Sandbox::start().unwrap();
    let token = new_token(&sandbox);
    let (page, again) = (format!("/purchase-product/{token}"), format!("/sandbox/callback/{token}"));
    let at = |sandbox: &Sandbox, method: &str, path: &str, host: &str| {
        send(sandbox, format!("{method} {path} HTTP/1.1\r\n{host}Content-Length: 0\r\n\r\n"))
    };
    let foreign = "|evil.example|evil.example:80|localhost.evil.example|127.0.0.1.evil.example|evil@localhost|\
        localhost:80:x|10.0.0.1|[::2]:80|[localhost]|0.0.0.0|localhost\r\nHost: evil.example";
    let hosts = foreign.split('|').map(|host| format!("Host: {host}\r\n"));
    for host in hosts.chain([String::new()]) {
        for path in ["/", "/nowhere", "/sandbox", "/sandbox/service", CHECK, &page, &again] {
            for method in ["GET", "POST"] {
                let answer = at(&sandbox, method, path, &host);
                assert_eq!(answer.status, 421, "{method} {path} {host}");
                assert!(!answer.body.contains("066304925"));
            }
        }
    }
    for host in ["localhost", "LocalHost:3000", "127.0.0.1", "127.8.9.10:80", "[::1]", "[::1]:8099"] {
        assert_eq!(at(&sandbox, "GET", "/sandbox", &format!("Host: {host}\r\n")).status, 200, "{host}");
    }
    let any = Sandbox::builder().listen("0.0.0.0:0".parse().unwrap()).start().unwrap();
    for (host, status) in [("0.0.0.0:8099", 200), ("127.0.0.1", 200), ("10.0.0.1", 421)] {
        assert_eq!(at(&any, "GET", "/sandbox", &format!("Host: {host}\r\n")).status, status, "{host}");
    }
}

#[test]
fn other_sites_cannot_use_the_forms() {
    let shop = shop(200);
    let sandbox = calling(&shop);
    let (settled, pending) = (new_token(&sandbox), new_token(&sandbox));
    settle(&sandbox, &settled, "paid");
    let (again, page) = (format!("/sandbox/callback/{settled}"), format!("/purchase-product/{pending}"));
    let forms = [("/sandbox/service", "in_service=false"), (&again, ""), (&page, "outcome=paid")];
    let foreign = "Origin: http://evil.example|Origin: https://localhost|Origin: http://localhost:3000|Origin: null|\
        Sec-Fetch-Site: cross-site|Origin: http://localhost\r\nSec-Fetch-Site: cross-site";
    for headers in foreign.split('|') {
        for (path, body) in forms {
            let answer = post_with(&sandbox, path, &format!("{headers}\r\n"), body);
            assert_eq!(answer.status, 403, "{path} {headers}");
        }
        // A shop may name its domain as the origin of a call.
        let call = post_with(&sandbox, PURCHASE, &format!("{headers}\r\n"), &order(&[]));
        assert_eq!(call.status, if headers.contains("cross-site") { 403 } else { 200 }, "{headers}");
    }
    assert_eq!(sandbox.payments()[1].state, PaymentState::Pending);
    assert_eq!(shop.requests().len(), 1, "only the first callback");
    for headers in ["", "Origin: http://localhost\r\nSec-Fetch-Site: same-origin\r\n"] {
        for (path, body) in [("/sandbox/service", "in_service=true"), forms[1], forms[2]] {
            assert_eq!(post_with(&sandbox, path, headers, body).status, 303, "{path} {headers}");
        }
    }
}
