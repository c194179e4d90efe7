//! The addresses of the sandbox and their methods.

use ekolopay_sandbox::Sandbox;

use crate::client::{get, new_token, post, send};

#[test]
fn unknown_paths_and_wrong_methods() {
    let sandbox = Sandbox::start().unwrap();
    for path in ["/nowhere", "/api/v1/gateway", "/api/v1/gateway/", "/sandbox/", "/sandbox/x", "//"] {
        assert_eq!(get(&sandbox, path).status, 404, "{path}");
        assert_eq!(post(&sandbox, path, "").status, 404, "{path}");
    }
    let page = format!("/purchase-product/{}", new_token(&sandbox));
    for (allow, requests) in [
        ("POST", "GET /api/v1/gateway/purchase-token|PUT /api/v1/gateway/check-payment"),
        ("POST", "GET /sandbox/service|GET /sandbox/callback/x"),
        ("GET, HEAD", "POST /sandbox|POST /"),
        ("GET, HEAD, POST", &format!("DELETE {page}|PUT {page}")),
    ] {
        for request in requests.split('|') {
            let answer = send(&sandbox, format!("{request} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
            assert_eq!((answer.status, answer.header("Allow")), (405, Some(allow)), "{request}");
        }
    }
    assert_eq!(get(&sandbox, "/").target(), Some("/sandbox"));
}
