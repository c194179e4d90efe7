//! What reaches the gateway, and certificates that are not its own.

use ekolopay_sandbox::Sandbox;
use ekolopay_test_kit::run::run;
use ekolopay_test_kit::{Authority, RawRequest, Server, response};
use serde_json::json;
use tempfile::NamedTempFile;

use crate::program::{at, bare, run_at};

#[test]
fn every_option_reaches_the_gateway() {
    let sandbox = Sandbox::start().unwrap();
    let order = "purchase|--json|--amount=150000|--label=Achat d'un Iphone S|--phone=066304925|--name=Kanza|\
                 --details=Iphone S, 32 GB|--uuid=d34f747e";
    let run = run_at(&sandbox.origin(), &order.split('|').collect::<Vec<_>>());
    let payment = sandbox.payments().pop().unwrap();
    let url = format!("{}/purchase-product/{}", sandbox.origin(), payment.token);
    run.says(0, "");
    assert_eq!(run.json(), [json!({ "purchaseToken": payment.token, "paymentUrl": url })]);
    assert_eq!((payment.amount, payment.label.as_str()), (150_000, "Achat d'un Iphone S"));
    assert_eq!((payment.phone.as_str(), payment.details.as_deref()), ("066304925", Some("Iphone S, 32 GB")));
    assert_eq!((payment.name.as_deref(), payment.uuid.as_deref()), (Some("Kanza"), Some("d34f747e")));
}

#[test]
fn availability_needs_no_credentials_and_sends_no_secret() {
    let server = Server::start(|_| response(200, "{}"));
    let api_clients = ["EKOLOPAY_API_CLIENT", "EKOLOPAY_SECRET_KEY"].map(|name| {
        run(at(&server.origin).env_remove(name).arg("availability"), "").says(0, "");
        server.requests().pop().unwrap().head.contains("api_client=demo ")
    });
    assert_eq!(api_clients, [false, true]);
    run(bare().args(["availability", "--origin", &server.origin]), "").says(0, "");
    assert!(server.requests().iter().all(RawRequest::is_check));
}

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
