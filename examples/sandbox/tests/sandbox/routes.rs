//! The addresses of the sandbox and their methods.

use ekolopay_sandbox::Sandbox;

use crate::client::{get, new_token, post, send};

#[test]
fn unknown_paths_and_wrong_methods() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let token = new_token(&sandbox);
    for path in ["/nowhere", "/api/v1/gateway", "/api/v1/gateway/", "/sandbox/", "/sandbox/x", "//"] {
        assert_eq!(get(&sandbox, path).status, 404, "{path}");
        assert_eq!(post(&sandbox, path, "").status, 404, "{path}");
    }
    let page = format!("/purchase-product/{token}");
    for (method, path, allow) in [
        ("GET", "/api/v1/gateway/purchase-token", "POST"),
        ("PUT", "/api/v1/gateway/check-payment", "POST"),
        ("DELETE", page.as_str(), "GET, HEAD, POST"),
        ("POST", "/sandbox", "GET, HEAD"),
        ("POST", "/", "GET, HEAD"),
        ("GET", "/sandbox/service", "POST"),
        ("GET", "/sandbox/callback/x", "POST"),
    ] {
        let answer = send(&sandbox, format!("{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_eq!(answer.status, 405, "{method} {path}");
        assert_eq!(answer.header("Allow"), Some(allow), "{method} {path}");
    }
}
