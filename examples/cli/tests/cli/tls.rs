//! Certificates that the program must not trust, and what it says then.

use ekolopay_test_kit::{Authority, RawRequest, Server};
use tempfile::NamedTempFile;

use crate::program::run_at;

#[test]
fn a_certificate_that_is_not_trusted_is_explained() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let roots = NamedTempFile::new().unwrap();
    std::fs::write(&roots, authority.pem()).unwrap();
    let path = roots.path().to_str().unwrap();
    let cases = [
        (authority.config("localhost"), ""),
        (authority.expired_config("localhost"), "Is this machine's clock right?"),
        (authority.config("other.example"), "is for another name than the gateway's"),
        (stranger.config("localhost"), "was issued by an authority that is not trusted"),
    ];
    for (config, advice) in cases {
        let server = Server::start_tls(config, RawRequest::documented);
        let run = run_at(&server.origin, &["check", "940d4e9a", "--root-certificates", path]);
        run.says(if advice.is_empty() { 0 } else { 4 }, advice);
        assert_eq!(run.err.is_empty(), advice.is_empty(), "{run:?}");
    }
}
