//! The commands for one token, what reaches the gateway, and the errors.

use std::time::{Duration, Instant};

use ekolopay::canned::{NOT_PAID, UNAVAILABLE};
use ekolopay_sandbox::{Sandbox, Settlement};
use ekolopay_test_kit::{Authority, RawRequest, Server, response};
use serde_json::json;

use crate::support::{KEY, NOBODY, PROGRAM, bare, merchant, never, paid, refusal, run, run_at, server};

#[test]
fn an_order_reaches_the_gateway_whole_with_its_number_cleaned() {
    let sandbox = Sandbox::start().unwrap();
    let order = "purchase|--json|--amount=150000|--label=Achat d'un Iphone S|--phone=+242 06\u{a0}630.49 25|--name=Kanza|\
                 --details=Iphone S, 32 GB|--uuid=d34f747e";
    let run = run_at(&sandbox.origin(), &order.split('|').collect::<Vec<_>>());
    let payment = sandbox.payments().pop().unwrap();
    let url = format!("{}/purchase-product/{}", sandbox.origin(), payment.token);
    assert_eq!(run.json(), [json!({ "purchaseToken": payment.token, "paymentUrl": url })]);
    assert_eq!((payment.amount, payment.label.as_str()), (150_000, "Achat d'un Iphone S"));
    assert_eq!((payment.phone.as_str(), payment.details.as_deref()), ("066304925", Some("Iphone S, 32 GB")));
    assert_eq!((payment.name.as_deref(), payment.uuid.as_deref()), (Some("Kanza"), Some("d34f747e")));
    for [amount, label, phone] in
        [["-1", "a", "066304925"], ["1e3", "a", "066304925"], ["5", " ", "066304925"], ["5", "a", "12"]]
    {
        let order = ["purchase", "--amount", amount, "--label", label, "--phone", phone];
        assert_eq!(run_at(&sandbox.origin(), &order).code, 2, "{order:?}");
    }
    assert_eq!(sandbox.payments().len(), 1);
}

#[test]
fn the_worst_of_several_tokens_decides() {
    let sandbox = Sandbox::start().unwrap();
    let (open, settled) = (sandbox.add_payment("Iphone S", 150_000), sandbox.add_payment("Iphone S", 150_000));
    sandbox.settle(&settled, Settlement::Paid);
    let check = |input: &str, tokens: &[&str]| {
        let mut program = merchant(PROGRAM, &sandbox.origin());
        program.arg("check").args(tokens);
        run(program, input)
    };
    assert_eq!(check("", &[&settled]).code, 0);
    assert_eq!(check("", &[&settled, &open]).code, 10);
    let standard_input = check(&format!("\u{feff}{settled}\r\n\n b\n"), &["a", "-", "--json"]);
    assert_eq!(standard_input.code, 1);
    let refused = json!({ "purchaseToken": "b", "error": "refused", "mayHaveActed": false, "because": [],
        "reason": "the gateway refused with code 0: \"purchaseToken inconnu.\"" });
    assert_eq!(standard_input.json()[1..], [json!({ "purchaseToken": settled, "paymentSuccessful": true }), refused]);
    check("", &["a b", &settled]).says(2, "token 1: purchaseToken must be visible ASCII");
    check(KEY, &["-"]).says(2, "tokens must not hold the secret key");
    check("", &[KEY]).says(2, "an argument is the secret key");
    check("", &["a", &format!("--origin={KEY}")]).says(2, "an argument is the secret key");
    sandbox.set_in_service(false);
    check("", &[&settled]).says(3, "Service indisponible");
}

#[test]
fn the_wait_ends_with_the_payment_or_the_time() {
    let replies = [response(500, "<html>"), Vec::new(), refusal("pas encore"), response(200, NOT_PAID), paid()];
    let next = std::sync::atomic::AtomicUsize::new(0);
    let late = server(move |_| replies[next.fetch_add(1, std::sync::atomic::Ordering::SeqCst)].clone());
    assert_eq!(run_at(&late.origin, &["check", "--wait", "10m", "a"]).out, "a paid\n");
    let open = server(|_| response(200, NOT_PAID));
    assert_eq!(run_at(&open.origin, &["check", "--wait", "1s", "a"]).code, 10);
    let started = Instant::now();
    run_at(&server(|_| refusal("\u{1b}[31m\u{9b}2J\u{202e}\n")).origin, &["check", "--wait", "10m", "a"])
        .says(1, "error: a: ");
    assert!((Duration::from_secs(10)..Duration::from_secs(20)).contains(&started.elapsed()));
    let silent = Server::start(|_| never());
    let tokens = ["check", "--wait", "1s", "--timeout", "2s", "a", "b"];
    run_at(&silent.origin, &tokens).says(4, "error: b: not asked before the end\n");
}

#[test]
fn a_callback_is_a_claim() {
    let server = server(|_| response(200, NOT_PAID));
    let callback = |body: &str, more: &[&str]| {
        let mut program = merchant(PROGRAM, &server.origin);
        program.args(["callback", "--json"]).args(more);
        run(program, body)
    };
    let claim = json!({ "purchaseToken": "a", "paymentSuccessful": true, "status": "SUCCESS", "message": "é" });
    let body = "purchaseToken=a&paymentSuccessful=true&status=SUCCESS&message=%C3%A9\n";
    assert_eq!(callback(body, &[]).json(), [json!({ "claim": claim, "verified": false })]);
    let verified = callback(body, &["--verify"]);
    let answer =
        json!({ "claim": claim, "verified": true, "agrees": false, "purchaseToken": "a", "paymentSuccessful": false });
    assert_eq!((verified.code, verified.json()), (10, vec![answer]));
    callback("{}", &[]).says(2, "purchaseToken is missing");
}

#[test]
fn an_error_says_what_to_do() {
    run_at(NOBODY, &["check", "a"]).says(4, "  because: 127.0.0.1:1 refused the connection\n");
    run_at(UNUSABLE, &["availability"]).says(2, "EKOLOPAY_ORIGIN must be https: http is for loopback hosts only");
    run_at(NOBODY, &["availability", "--origin", UNUSABLE]).says(2, "error: origin must be https");
    run_at(NOBODY, &["check", "a", "--root-certificates", "/no/such/file"]).says(2, "cannot read /no/such/file");
    let mut no_key = merchant(PROGRAM, NOBODY);
    no_key.env_remove("EKOLOPAY_SECRET_KEY").args(["check", "a"]);
    run(no_key, "").says(2, "error: EKOLOPAY_SECRET_KEY is not set\n\n  tip: both ");
    run_at("", &["trigger", "paid", "a"]).says(2, "origin must be that of the local gateway");
    let server = Server::start(|_| response(200, UNAVAILABLE));
    let mut bare = bare(PROGRAM);
    bare.args(["availability", "--origin", &server.origin]);
    run(bare, "").says(3, "Service indisponible");
    assert!(server.requests().iter().all(RawRequest::is_check), "no secret is sent");
}

const UNUSABLE: &str = "http://example.com";

#[test]
fn a_certificate_that_is_not_trusted_is_explained() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let roots = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&roots, authority.pem()).unwrap();
    for (config, tip) in [
        (authority.config("localhost"), ""),
        (authority.expired_config("localhost"), "Is this machine's clock right?"),
        (authority.config("other.example"), "the certificate is for another name"),
        (stranger.config("localhost"), "an authority that is not trusted"),
    ] {
        let server = Server::start_tls(config, RawRequest::documented);
        let arguments = ["check", "a", "--root-certificates", roots.path().to_str().unwrap()];
        run_at(&server.origin, &arguments).says(if tip.is_empty() { 0 } else { 4 }, tip);
    }
}
