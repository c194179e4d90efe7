//! The payment page, and the callback that follows a payment.

use std::sync::{Arc, Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use ekolopay_sandbox::{DEMO_SECRET_KEY, PaymentState, Sandbox, Settlement};
use ekolopay_test_kit::{Server, response};
use serde_json::json;

use crate::client::{CHECK, callback_url, calling, check, get, new_token, post, settle, shop, token_for};

#[test]
fn the_page_shows_the_order_and_the_four_outcomes() {
    let sandbox = Sandbox::start().unwrap();
    let product = r#"{"label":"Achat d'un Iphone S","details":"32 GB, Gris..."}"#;
    let customer = r#"{"phone":"+242066304925","name":"Kanza"}"#;
    let changes = [("product", Some(product)), ("customer", Some(customer)), ("amount", Some("1234567"))];
    let page = get(&sandbox, &format!("/purchase-product/{}", token_for(&sandbox, &changes)));
    assert_eq!(page.status, 200);
    let order = "Achat d'un Iphone S|32 GB, Gris...|1\u{202f}234\u{202f}567\u{a0}FCFA|Kanza|+242066304925";
    page.shows(order.split('|'));
    page.shows(["<html lang=\"fr\">", "width=device-width", "Aucun argent ne circule.", "method=\"post\">"]);
    page.shows([
        "value=\"paid\">Simuler un paiement réussi</button>",
        "value=\"failed\">Simuler un échec</button>",
        "value=\"rejected\">Simuler un rejet</button>",
        "value=\"timeout\">Simuler un délai dépassé</button>",
    ]);
    assert_eq!(page.body.matches("<button").count(), 4);
    assert!(!page.body.contains("<script"));
    for (name, value) in [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        // With `no-referrer`, browsers would send its form with `Origin: null`.
        ("Referrer-Policy", "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-store"),
    ] {
        assert_eq!(page.header(name), Some(value));
    }
}

#[test]
fn the_pages_escape_what_the_shop_sent() {
    let sandbox = Sandbox::start().unwrap();
    let product = r#"{"label":"<script>alert(1)</script>","details":"<img src=x>\"'&amp;"}"#;
    let customer = r#"{"phone":"066304925","name":"</dd><b>Kanza"}"#;
    let token = token_for(&sandbox, &[("product", Some(product)), ("customer", Some(customer))]);
    let page = get(&sandbox, &format!("/purchase-product/{token}"));
    page.shows(["&lt;img src=x&gt;", "&amp;amp;"]);
    for page in [page, get(&sandbox, "/sandbox")] {
        page.shows(["&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;/dd&gt;&lt;b&gt;Kanza"]);
        assert!(!page.body.contains("<script") && !page.body.contains("<b>"));
    }
}

#[test]
fn an_unknown_payment_has_no_page() {
    let sandbox = Sandbox::start().unwrap();
    let path = "/purchase-product/940d4e9aab5797e6055e1259b84a9875";
    for answer in [get(&sandbox, path), post(&sandbox, path, "outcome=paid"), get(&sandbox, "/purchase-product/")] {
        assert_eq!(answer.status, 404);
        answer.shows(["<h1>Page introuvable</h1>", "Ce paiement n’existe pas", "href=\"/sandbox\""]);
    }
}

#[test]
fn each_outcome_ends_the_payment_and_only_one_is_a_success() {
    let sandbox = Sandbox::start().unwrap();
    for (outcome, settlement, text) in [
        ("paid", Settlement::Paid, "Paiement réussi."),
        ("failed", Settlement::Failed, "Le paiement a échoué."),
        ("rejected", Settlement::Rejected, "Le paiement est rejeté."),
        ("timeout", Settlement::TimedOut, "Le temps d'attente de paiement est dépassé."),
    ] {
        let token = new_token(&sandbox);
        let path = format!("/purchase-product/{token}");
        assert_eq!(check(&sandbox, &token).data(), json!({"payment_successful": false}));
        assert_eq!(settle(&sandbox, &token, outcome).target(), Some(path.as_str()), "without a redirect URL");
        assert_eq!(check(&sandbox, &token).data(), json!({"payment_successful": outcome == "paid"}));
        let page = get(&sandbox, &path);
        assert!(page.body.contains(text) && !page.body.contains("<button"), "{outcome}");
        let payment = sandbox.payments().pop().unwrap();
        assert_eq!((payment.state, payment.notifications), (PaymentState::Settled(settlement), vec![]));
    }
}

#[test]
fn a_wrong_outcome_changes_nothing() {
    let shop = shop(200);
    let sandbox = calling(&shop);
    let path = format!("/purchase-product/{}", new_token(&sandbox));
    for body in ["", "outcome=", "outcome=PAID", "outcome=success", "result=paid"] {
        assert_eq!(post(&sandbox, &path, body).status, 400, "{body}");
    }
    assert_eq!(sandbox.payments()[0].state, PaymentState::Pending);
    assert!(shop.requests().is_empty());
}

#[test]
fn the_callback_is_the_documented_form() {
    for (outcome, success, rest) in [
        ("paid", ["true", "1"], "SUCCESS&message=Paiement+r%C3%A9ussi."),
        ("failed", ["false", "0"], "FAILED&message=Le+paiement+a+%C3%A9chou%C3%A9."),
        ("rejected", ["false", "0"], "REJECTED&message=Le+paiement+est+rejet%C3%A9."),
        ("timeout", ["false", "0"], "TIMEOUT&message=Le+temps+d%27attente+de+paiement+est+d%C3%A9pass%C3%A9."),
    ] {
        let shop = shop(204);
        for (php, success) in [false, true].into_iter().zip(success) {
            let url = callback_url(&shop);
            let sandbox = Sandbox::builder().callback_url(url).php_booleans(php).start().unwrap();
            let (token, before) = (new_token(&sandbox), SystemTime::now());
            settle(&sandbox, &token, outcome);
            let body = format!("purchaseToken={token}&paymentSuccessful={success}&status={rest}");
            let (port, length) = (shop.port, body.len());
            let head = format!(
                "POST /callback?shop=1 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: \
                 application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
            );
            // The callback was sent before the browser was answered.
            let callbacks = shop.requests();
            assert_eq!(callbacks.len(), 1 + usize::from(php));
            let last = callbacks.last().unwrap();
            assert_eq!((&last.head, &last.body), (&head, &body));
            let sent = sandbox.payments().remove(0).notifications;
            assert_eq!((sent.len(), &sent[0].result), (1, &Ok(204)));
            assert!(sent[0].at >= before && sent[0].at <= SystemTime::now());
        }
    }
}

#[test]
fn the_shop_can_check_the_payment_before_it_answers_the_callback() {
    let origin = Arc::new(OnceLock::<String>::new());
    let known = Arc::clone(&origin);
    let shop = Server::start(move |request| {
        let origin = known.get().unwrap();
        let token = request.body.strip_prefix("purchaseToken=").unwrap();
        let form = format!("purchaseToken={}&secret_key={DEMO_SECRET_KEY}", &token[..32]);
        let request = minreq::post(format!("{origin}{CHECK}")).with_body(form).with_timeout(3);
        let answer = request.with_header("Content-Type", "application/x-www-form-urlencoded").send().unwrap();
        let paid = answer.as_str().unwrap().contains(r#""payment_successful":true"#);
        response(if paid { 200 } else { 500 }, "")
    });
    let sandbox = calling(&shop);
    origin.set(sandbox.origin()).unwrap();
    let token = new_token(&sandbox);
    settle(&sandbox, &token, "paid");
    assert_eq!(sandbox.payments()[0].notifications[0].result, Ok(200));
}

#[test]
fn a_second_submission_only_gets_the_redirect() {
    let shop = shop(200);
    let redirect = "https://demosa.com/payment-status?from=ekolopay";
    let sandbox = Sandbox::builder().callback_url(callback_url(&shop)).redirect_url(redirect).start().unwrap();
    let token = new_token(&sandbox);
    for outcome in ["paid", "failed", "paid"] {
        assert_eq!(settle(&sandbox, &token, outcome).target(), Some(redirect));
    }
    assert_eq!(sandbox.payments()[0].state, PaymentState::Settled(Settlement::Paid));
    assert_eq!(sandbox.payments()[0].notifications.len(), 1);
    assert_eq!(shop.requests().len(), 1);
    get(&sandbox, &format!("/purchase-product/{token}")).shows([format!("href=\"{redirect}\">")]);
}

#[test]
fn submissions_at_once_settle_once() {
    let shop = shop(200);
    let sandbox = calling(&shop);
    for number in 1..=20 {
        let token = new_token(&sandbox);
        let barrier = Barrier::new(4);
        thread::scope(|scope| {
            for outcome in ["paid", "failed", "rejected", "timeout"] {
                let (barrier, token, sandbox) = (&barrier, &token, &sandbox);
                scope.spawn(move || {
                    barrier.wait();
                    assert_eq!(settle(sandbox, token, outcome).status, 303);
                });
            }
        });
        let callbacks = shop.requests();
        assert_eq!(callbacks.len(), number);
        let payment = sandbox.payments().pop().unwrap();
        assert_eq!(payment.notifications.len(), 1);
        let paid = payment.state == PaymentState::Settled(Settlement::Paid);
        assert!(callbacks[number - 1].body.contains(&format!("paymentSuccessful={paid}&")), "{payment:?}");
    }
}

#[test]
fn a_failed_callback_is_recorded_and_not_sent_again() {
    let elsewhere = shop(200);
    let location = callback_url(&elsewhere);
    let moved = Server::start(move |_| {
        format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").into_bytes()
    });
    let broken = shop(500);
    let silent = Server::start(|_| Vec::new());
    let garbled = Server::start(|_| b"hello\r\n\r\n".to_vec());
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    for (url, result) in [
        (callback_url(&moved), Ok(302)),
        (callback_url(&broken), Ok(500)),
        (callback_url(&silent), Err("pas de réponse HTTP".to_owned())),
        (callback_url(&garbled), Err("pas de réponse HTTP".to_owned())),
        (nobody, Err("connexion refusée".to_owned())),
    ] {
        let sandbox = Sandbox::builder().callback_url(url).start().unwrap();
        let token = new_token(&sandbox);
        assert_eq!(settle(&sandbox, &token, "paid").status, 303);
        let sent = sandbox.payments().remove(0).notifications;
        assert_eq!((sent.len(), &sent[0].result), (1, &result));
        assert_eq!(check(&sandbox, &token).data(), json!({"payment_successful": true}));
    }
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn a_shop_that_never_answers_gets_five_seconds() {
    let shop = Server::start(|_| {
        thread::sleep(Duration::from_secs(60));
        Vec::new()
    });
    let sandbox = calling(&shop);
    let token = new_token(&sandbox);
    let started = Instant::now();
    thread::scope(|scope| {
        let paying = scope.spawn(|| settle(&sandbox, &token, "failed").status);
        while sandbox.payments()[0].state == PaymentState::Pending {
            thread::sleep(Duration::from_millis(10));
        }
        // Other requests are answered in the meantime.
        assert_eq!(check(&sandbox, &token).data(), json!({"payment_successful": false}));
        assert!(sandbox.payments()[0].notifications.is_empty());
        assert_eq!(paying.join().unwrap(), 303);
    });
    let elapsed = started.elapsed();
    assert!(elapsed > Duration::from_secs(3) && elapsed < Duration::from_secs(15));
    let result = &sandbox.payments()[0].notifications[0].result;
    assert_eq!(*result, Err("délai dépassé".to_owned()));
}
