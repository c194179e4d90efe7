//! The SDK against the local gateway, which is written from the documentation and shares no code with it.

mod merchant;

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use ekolopay::callback::{Callback, Status};
use ekolopay::canned::Canned;
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::transport::{Reply, Request, Transport};
use ekolopay::verify::Verification;
use ekolopay::{Credentials, Error, Gateway};
use ekolopay_sandbox::{Inbox, Sandbox};
use ekolopay_test_kit::SECRET_KEY;
use merchant::{at, errors, purchase, token};

/// What the customer's browser does on the payment page.
fn submit(gateway: &Gateway, token: &PurchaseToken, outcome: &str) {
    let answer = minreq::post(gateway.payment_url(token))
        .with_header("Content-Type", "application/x-www-form-urlencoded")
        .with_body(format!("outcome={outcome}"))
        .with_follow_redirects(false)
        .send()
        .unwrap();
    assert_eq!(answer.status_code, 303);
}

fn is_paid(gateway: &Gateway, token: &PurchaseToken) -> bool {
    matches!(gateway.check_payment(token).unwrap(), Verification::Paid(paid) if paid.token() == token)
}

#[test]
fn an_order_is_not_paid_until_the_customer_pays() {
    let sandbox = Sandbox::start().unwrap();
    let gateway = at(&sandbox.origin());
    gateway.check_availability().unwrap();
    let order = Purchase::new(
        1_234_567,
        Product::new("Sac à dos « Brazza » & <co>").details("20 % de +\r\n日本"),
        Customer::new("066304925").name("Kanza N'Zé").uuid("d34f747e-8876-428c-9466-becf59177bde"),
    );
    let token = gateway.create_purchase_token(&order.unwrap()).unwrap();
    let kept = &sandbox.payments()[0];
    assert_eq!((kept.token.as_str(), kept.amount), (token.as_str(), 1_234_567));
    assert_eq!(kept.label, "Sac à dos « Brazza » & <co>");
    assert_eq!(kept.details.as_deref(), Some("20 % de +\r\n日本"));
    assert_eq!(kept.phone, "066304925");
    assert_eq!(kept.name.as_deref(), Some("Kanza N'Zé"));
    assert_eq!(kept.uuid.as_deref(), Some("d34f747e-8876-428c-9466-becf59177bde"));

    assert!(!is_paid(&gateway, &token));
    submit(&gateway, &token, "paid");
    assert!(is_paid(&gateway, &token));
    assert!(is_paid(&gateway, &token), "and stays so");
}

#[test]
fn every_other_outcome_is_not_paid_and_its_callback_is_read() {
    for php_booleans in [false, true] {
        let inbox = Inbox::start().unwrap();
        let sandbox = Sandbox::builder().callback_url(inbox.url()).php_booleans(php_booleans).start().unwrap();
        let gateway = at(&sandbox.origin());
        for (outcome, status, message) in [
            ("paid", Status::Successful, "Paiement réussi."),
            ("failed", Status::Failed, "Le paiement a échoué."),
            ("rejected", Status::Rejected, "Le paiement est rejeté."),
            ("timeout", Status::Timeout, "Le temps d'attente de paiement est dépassé."),
        ] {
            let token = gateway.create_purchase_token(&purchase()).unwrap();
            submit(&gateway, &token, outcome);
            let callback = Callback::parse(&inbox.recv_timeout(Duration::from_secs(10)).unwrap()).unwrap();
            assert_eq!(callback.purchase_token(), &token);
            assert_eq!((callback.status(), callback.message()), (&status, message));
            assert_eq!(callback.claims_success(), outcome == "paid");
            assert_eq!(is_paid(&gateway, &token), outcome == "paid");
        }
    }
}

#[track_caller]
fn refused(error: Error) {
    assert!(matches!(&error, Error::Refused { code: 0, message, .. } if !message.is_empty()), "{error:?}");
}

#[test]
fn what_the_gateway_refuses_is_refused_in_its_words() {
    let sandbox = Sandbox::start().unwrap();
    let gateway = at(&sandbox.origin());
    refused(gateway.check_payment(&token()).unwrap_err());
    for (client, secret) in [("demo", "wrong"), ("other", SECRET_KEY)] {
        let credentials = Credentials::new(client, secret).unwrap();
        let stranger = Gateway::builder(credentials).origin(&sandbox.origin()).build().unwrap();
        stranger.check_availability().unwrap();
        for error in errors(&stranger) {
            refused(error);
        }
    }
    assert!(sandbox.payments().is_empty());
}

#[test]
fn out_of_service_nothing_is_sent() {
    let sandbox = Sandbox::start().unwrap();
    let gateway = at(&sandbox.origin());
    let token = gateway.create_purchase_token(&purchase()).unwrap();
    sandbox.set_in_service(false);
    for error in errors(&gateway).into_iter().chain([gateway.check_availability().unwrap_err()]) {
        assert!(error.is_unavailable() && !error.may_have_acted());
        assert_eq!(error.to_string(), r#"the gateway is unavailable: "Service indisponible""#);
    }
    assert_eq!(sandbox.payments().len(), 1);
    sandbox.set_in_service(true);
    assert!(!is_paid(&gateway, &token));
}

#[test]
fn the_own_http_can_be_wrapped() {
    let sandbox = Sandbox::start().unwrap();
    let (sender, exchanges) = channel();
    let gateway = Gateway::builder(merchant::credentials())
        .wrap(move |request, next| {
            let reply = next.send(request);
            sender.send((request.endpoint().to_string(), reply.as_ref().map(Reply::status).ok())).unwrap();
            reply
        })
        .origin(&sandbox.origin())
        .build()
        .unwrap();
    let token = gateway.create_purchase_token(&purchase()).unwrap();
    assert!(!is_paid(&gateway, &token));
    let exchanges: Vec<_> = exchanges.try_iter().collect();
    let expected = ["availability", "purchase-token", "availability", "check-payment"];
    assert_eq!(exchanges, expected.map(|endpoint| (endpoint.to_owned(), Some(200))));
}

#[test]
fn a_slow_gateway_runs_out_of_time() {
    let sandbox = Sandbox::builder().latency(Duration::from_millis(600)).start().unwrap();
    let builder = || Gateway::builder(merchant::credentials()).origin(&sandbox.origin());
    let hurried = builder().timeout(Duration::from_millis(150)).build().unwrap();
    assert!(hurried.check_payment(&token()).unwrap_err().is_timeout());
    let patient = builder().timeout(Duration::from_secs(20)).build().unwrap();
    refused(patient.check_payment(&token()).unwrap_err());
}

#[test]
fn one_gateway_serves_every_thread_and_crosses_no_replies() {
    let sandbox = Sandbox::start().unwrap();
    let gateway = at(&sandbox.origin());
    thread::scope(|scope| {
        for number in 0..16 {
            let gateway = gateway.clone();
            scope.spawn(move || {
                for round in 0..5 {
                    let token = gateway.create_purchase_token(&purchase()).unwrap();
                    let pays = (number + round) % 2 == 0;
                    submit(&gateway, &token, if pays { "paid" } else { "failed" });
                    assert_eq!(is_paid(&gateway, &token), pays);
                }
            });
        }
    });
    assert_eq!(sandbox.payments().len(), 80);
}

/// Setters in any order: whatever is set later, the wraps stand round what is built.
#[test]
fn of_several_wraps_the_last_one_is_the_outermost() {
    let (sender, seen) = channel();
    let named = |name: &'static str| {
        let sender = sender.clone();
        move |request: &Request, next: &dyn Transport| {
            sender.send(name).unwrap();
            next.send(request)
        }
    };
    let builder = || Gateway::builder(merchant::credentials()).wrap(named("inner")).wrap(named("outer"));
    let canned = Canned::new();
    builder().transport(canned.clone()).build().unwrap().check_availability().unwrap();
    assert_eq!(seen.try_iter().collect::<Vec<_>>(), ["outer", "inner"]);
    assert_eq!(canned.requests().len(), 1);
    // The wrapped HTTP is that of the origin: what was allowed for loopback is not kept for another machine.
    assert_eq!(builder().timeout(Duration::ZERO).build().unwrap_err().field(), "timeout");
    let origin = builder().origin("http://127.0.0.1:1").origin("http://ekolopay.com").build().unwrap_err();
    assert_eq!(origin.field(), "origin");
}
