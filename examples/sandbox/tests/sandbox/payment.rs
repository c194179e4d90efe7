//! The payment page, and the callback that follows a payment.

use std::sync::{Arc, Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use ekolopay_sandbox::{DEMO_SECRET_KEY, PaymentState, Sandbox, Settlement};
use ekolopay_test_kit::{Server, response};
use serde_json::json;

use crate::client::{CHECK, callback_url, calling, check, get, new_token, post, purchase, settle, shop};

fn token_of(sandbox: &Sandbox) -> String {
    sandbox.payments().pop().expect("a payment").token
}

#[test]
fn the_page_shows_the_order_and_the_four_outcomes() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let product = r#"{"label":"Achat d'un Iphone S","details":"32 GB, Gris..."}"#;
    let customer = r#"{"phone":"+242 066304925","name":"Kanza"}"#;
    let changes = [("product", Some(product)), ("customer", Some(customer)), ("amount", Some("1234567"))];
    purchase(&sandbox, &changes).data();
    let path = format!("/purchase-product/{}", token_of(&sandbox));
    let page = get(&sandbox, &path);
    assert_eq!(page.status, 200);
    for text in [
        "<html lang=\"fr\">",
        "width=device-width",
        "Aucun argent ne circule.",
        "Achat d'un Iphone S",
        "32 GB, Gris...",
        "1\u{202f}234\u{202f}567\u{a0}FCFA",
        "Kanza",
        "+242 066304925",
        "<form class=\"card\" method=\"post\">",
    ] {
        assert!(page.body.contains(text), "{text}");
    }
    for outcome in ["paid", "failed", "rejected", "timeout"] {
        let button = format!("name=\"outcome\" value=\"{outcome}\"");
        assert_eq!(page.body.matches(&button).count(), 1, "{outcome}");
    }
    assert_eq!(page.body.matches("<button").count(), 4);
    assert!(!page.body.contains("<script"));
    assert_eq!(page.header("Content-Type"), Some("text/html; charset=utf-8"));
    let policy = Some("default-src 'none'; style-src 'unsafe-inline'");
    assert_eq!(page.header("Content-Security-Policy"), policy);
    assert_eq!(page.header("Referrer-Policy"), Some("no-referrer"));
    assert_eq!(page.header("X-Content-Type-Options"), Some("nosniff"));
    assert_eq!(page.header("Cache-Control"), Some("no-store"));
}

#[test]
fn amounts_are_grouped_by_three() {
    let sandbox = Sandbox::start().expect("a sandbox");
    for (amount, text) in [
        ("1", ">1\u{a0}FCFA"),
        ("999", ">999\u{a0}FCFA"),
        ("1000", ">1\u{202f}000\u{a0}FCFA"),
        ("150000", ">150\u{202f}000\u{a0}FCFA"),
    ] {
        purchase(&sandbox, &[("amount", Some(amount))]).data();
        let page = get(&sandbox, &format!("/purchase-product/{}", token_of(&sandbox)));
        assert!(page.body.contains(text), "{amount}");
    }
}

#[test]
fn the_pages_escape_what_the_shop_sent() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let product = r#"{"label":"<script>alert(1)</script>","details":"<img src=x>\"'&amp;"}"#;
    let customer = r#"{"phone":"066304925","name":"</dd><b>Kanza"}"#;
    purchase(&sandbox, &[("product", Some(product)), ("customer", Some(customer))]).data();
    let page = get(&sandbox, &format!("/purchase-product/{}", token_of(&sandbox)));
    let dashboard = get(&sandbox, "/sandbox");
    for body in [&page.body, &dashboard.body] {
        assert!(body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        assert!(body.contains("&lt;/dd&gt;&lt;b&gt;Kanza"));
        assert!(!body.contains("<script") && !body.contains("<b>"));
    }
    assert!(page.body.contains("&lt;img src=x&gt;"));
    assert!(page.body.contains("&amp;amp;"));
}

#[test]
fn an_unknown_payment_has_no_page() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let path = "/purchase-product/940d4e9aab5797e6055e1259b84a9875";
    for answer in [get(&sandbox, path), post(&sandbox, path, "outcome=paid"), get(&sandbox, "/purchase-product/")] {
        assert_eq!(answer.status, 404);
        assert!(answer.body.contains("<h1>Page introuvable</h1>"));
        assert!(answer.body.contains("Ce paiement n’existe pas"));
    }
}

#[test]
fn without_a_redirect_url_the_page_shows_the_result() {
    let sandbox = Sandbox::start().expect("a sandbox");
    for (outcome, text) in [
        ("paid", "Paiement réussi."),
        ("failed", "Le paiement a échoué."),
        ("rejected", "Le paiement est rejeté."),
        ("timeout", "Le temps d'attente de paiement est dépassé."),
    ] {
        let token = new_token(&sandbox);
        let path = format!("/purchase-product/{token}");
        let answer = settle(&sandbox, &token, outcome);
        assert_eq!(answer.status, 303);
        assert_eq!(answer.header("Location"), Some(path.as_str()));
        let page = get(&sandbox, &path);
        assert!(page.body.contains(text), "{outcome}");
        assert!(!page.body.contains("<button"), "{outcome}");
    }
    assert!(sandbox.payments().iter().all(|payment| payment.notifications.is_empty()));
}

#[test]
fn a_wrong_outcome_changes_nothing() {
    let shop = shop(200);
    let sandbox = calling(&shop);
    let token = new_token(&sandbox);
    let path = format!("/purchase-product/{token}");
    for body in ["", "outcome=", "outcome=PAID", "outcome=success", "result=paid"] {
        assert_eq!(post(&sandbox, &path, body).status, 400, "{body}");
    }
    assert_eq!(sandbox.payments()[0].state, PaymentState::Pending);
    assert!(shop.requests().is_empty());
}

#[test]
fn the_callback_is_the_documented_form() {
    let words = [
        ("paid", "true", "SUCCESS", "Paiement+r%C3%A9ussi."),
        ("failed", "false", "FAILED", "Le+paiement+a+%C3%A9chou%C3%A9."),
        ("rejected", "false", "REJECTED", "Le+paiement+est+rejet%C3%A9."),
        ("timeout", "false", "TIMEOUT", "Le+temps+d%27attente+de+paiement+est+d%C3%A9pass%C3%A9."),
    ];
    for php in [false, true] {
        let shop = shop(204);
        let url = callback_url(&shop);
        let sandbox = Sandbox::builder().callback_url(url).php_booleans(php).start().expect("a sandbox");
        for (number, (outcome, word, status, message)) in words.into_iter().enumerate() {
            let token = new_token(&sandbox);
            let before = SystemTime::now();
            settle(&sandbox, &token, outcome);
            let success = match (php, word) {
                (false, word) => word,
                (true, "true") => "1",
                (true, _) => "0",
            };
            let body = format!("purchaseToken={token}&paymentSuccessful={success}&status={status}&message={message}");
            let head = format!(
                "POST /callback?shop=1 HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\
                 Content-Length: {}\r\n\r\n",
                shop.port,
                body.len()
            );
            // The callback was sent before the browser was answered.
            let callbacks = shop.requests();
            assert_eq!(callbacks.len(), number + 1);
            assert_eq!((&callbacks[number].head, &callbacks[number].body), (&head, &body));
            let notifications = sandbox.payments().pop().expect("a payment").notifications;
            assert_eq!(notifications.len(), 1);
            assert_eq!(notifications[0].result, Ok(204));
            assert!(notifications[0].at >= before && notifications[0].at <= SystemTime::now());
        }
    }
}

#[test]
fn the_shop_can_check_the_payment_before_it_answers_the_callback() {
    let origin = Arc::new(OnceLock::<String>::new());
    let known = Arc::clone(&origin);
    let shop = Server::start(move |request| {
        let origin = known.get().expect("the origin");
        let token = request.body.strip_prefix("purchaseToken=").expect("a token");
        let form = format!("purchaseToken={}&secret_key={DEMO_SECRET_KEY}", &token[..32]);
        let answer = minreq::post(format!("{origin}{CHECK}"))
            .with_header("Content-Type", "application/x-www-form-urlencoded")
            .with_body(form)
            .with_timeout(3)
            .send()
            .expect("an answer");
        let paid = answer.as_str().expect("text").contains(r#""payment_successful":true"#);
        response(if paid { 200 } else { 500 }, "")
    });
    let sandbox = calling(&shop);
    origin.set(sandbox.origin()).expect("set once");
    let token = new_token(&sandbox);
    settle(&sandbox, &token, "paid");
    assert_eq!(sandbox.payments()[0].notifications[0].result, Ok(200));
}

#[test]
fn a_second_submission_only_gets_the_redirect() {
    let shop = shop(200);
    let redirect = "https://demosa.com/payment-status?from=ekolopay";
    let builder = Sandbox::builder().callback_url(callback_url(&shop)).redirect_url(redirect);
    let sandbox = builder.start().expect("a sandbox");
    let token = new_token(&sandbox);
    for outcome in ["paid", "failed", "paid"] {
        let answer = settle(&sandbox, &token, outcome);
        assert_eq!(answer.status, 303);
        assert_eq!(answer.header("Location"), Some(redirect));
    }
    assert_eq!(sandbox.payments()[0].state, PaymentState::Settled(Settlement::Paid));
    assert_eq!(sandbox.payments()[0].notifications.len(), 1);
    assert_eq!(shop.requests().len(), 1);
    let page = get(&sandbox, &format!("/purchase-product/{token}"));
    assert!(page.body.contains(&format!("<a class=\"back\" href=\"{redirect}\">")));
}

#[test]
fn two_submissions_at_once_settle_once() {
    let shop = shop(200);
    let sandbox = Arc::new(calling(&shop));
    for number in 1..=20 {
        let token = new_token(&sandbox);
        let barrier = Arc::new(Barrier::new(4));
        let threads = ["paid", "failed", "rejected", "timeout"].map(|outcome| {
            let (sandbox, barrier) = (Arc::clone(&sandbox), Arc::clone(&barrier));
            let token = token.clone();
            thread::spawn(move || {
                barrier.wait();
                settle(&sandbox, &token, outcome).status
            })
        });
        for thread in threads {
            assert_eq!(thread.join().expect("an answer"), 303);
        }
        let callbacks = shop.requests();
        assert_eq!(callbacks.len(), number);
        let callback = &callbacks[number - 1].body;
        let payment = sandbox.payments().pop().expect("a payment");
        assert_eq!(payment.notifications.len(), 1);
        let status = match payment.state {
            PaymentState::Settled(Settlement::Paid) => "status=SUCCESS&",
            PaymentState::Settled(Settlement::Failed) => "status=FAILED&",
            PaymentState::Settled(Settlement::Rejected) => "status=REJECTED&",
            PaymentState::Settled(Settlement::TimedOut) => "status=TIMEOUT&",
            PaymentState::Pending => unreachable!("settled"),
        };
        assert!(callback.contains(status), "{callback}");
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
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = format!("http://{}/", closed.local_addr().expect("an address"));
    drop(closed);
    for (url, result) in [
        (callback_url(&moved), Ok(302)),
        (callback_url(&broken), Ok(500)),
        (callback_url(&silent), Err("pas de réponse HTTP".to_owned())),
        (callback_url(&garbled), Err("pas de réponse HTTP".to_owned())),
        (nobody, Err("connexion refusée".to_owned())),
    ] {
        let sandbox = Sandbox::builder().callback_url(url).start().expect("a sandbox");
        let token = new_token(&sandbox);
        assert_eq!(settle(&sandbox, &token, "paid").status, 303);
        let payment = sandbox.payments().remove(0);
        assert_eq!(payment.notifications.len(), 1);
        assert_eq!(payment.notifications[0].result, result);
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
    let sandbox = Arc::new(calling(&shop));
    let token = new_token(&sandbox);
    let started = Instant::now();
    let paying = {
        let (sandbox, token) = (Arc::clone(&sandbox), token.clone());
        thread::spawn(move || settle(&sandbox, &token, "failed").status)
    };
    while sandbox.payments()[0].state == PaymentState::Pending {
        thread::sleep(Duration::from_millis(10));
    }
    // Other requests are answered in the meantime.
    assert_eq!(check(&sandbox, &token).data(), json!({"payment_successful": false}));
    assert!(sandbox.payments()[0].notifications.is_empty());
    assert_eq!(paying.join().expect("an answer"), 303);
    let elapsed = started.elapsed();
    assert!(elapsed > Duration::from_secs(3) && elapsed < Duration::from_secs(15));
    let result = &sandbox.payments()[0].notifications[0].result;
    assert_eq!(*result, Err("délai dépassé".to_owned()));
}
