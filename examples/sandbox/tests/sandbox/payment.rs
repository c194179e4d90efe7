//! The payment page, and the callback that follows a payment.

use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::{DEMO_SECRET_KEY, Inbox, PaymentState, Sandbox, Settlement};

use crate::client::{CHECK, OK, PURCHASE, get, is_paid, new_token, order, post, sent, settle, shop};

#[test]
fn the_page_shows_the_order_the_outcomes_and_the_way_back() {
    let sandbox = Sandbox::builder().redirect_url("https://demosa.com/back").start().unwrap();
    let product = r#"{"label":"<script>alert(1)</script>","details":"<img src=x>\"'&amp;"}"#;
    let customer = r#"{"phone":"066304925","name":"</dd><b>Kanza"}"#;
    let changes = [("product", Some(product)), ("customer", Some(customer)), ("amount", Some("1234567"))];
    post(&sandbox, PURCHASE, &order(&changes)).data();
    let page = get(&sandbox, &format!("/purchase-product/{}", sandbox.payments()[0].token));
    page.shows(&["<html lang=\"fr\">", "width=device-width", "Aucun argent ne circule.", "method=\"post\">"]);
    page.shows(&["1\u{202f}234\u{202f}567\u{a0}FCFA", "066304925", "<dt>Marchand</dt><dd>demo</dd>"]);
    page.shows(&[
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&lt;/dd&gt;&lt;b&gt;Kanza",
        "&lt;img src=x&gt;",
        "&amp;amp;",
    ]);
    page.shows(&["value=\"paid\">Simuler un paiement réussi<", "value=\"failed\">Simuler un échec<"]);
    page.shows(&["value=\"rejected\">Simuler un rejet<", "value=\"timeout\">Simuler un délai dépassé<"]);
    page.shows(&["href=\"https://demosa.com/back\">Annuler et revenir</a>"]);
    assert!(!page.body.contains("<script") && !page.body.contains("<b>"));
    for (name, value) in [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        // With `no-referrer` or `same-origin`, browsers would send forms to the shop with `Origin: null`.
        ("Referrer-Policy", "origin"),
    ] {
        assert_eq!(page.header(name), Some(value));
    }
    let path = "/purchase-product/940d4e9aab5797e6055e1259b84a9875";
    assert_eq!((get(&sandbox, path).status, post(&sandbox, path, "outcome=paid").status), (404, 404));
}

#[test]
fn each_outcome_ends_the_payment_and_is_announced_in_the_documented_form() {
    for (outcome, settlement, status, message) in [
        ("paid", Settlement::Paid, "SUCCESSFUL", "Paiement+r%C3%A9ussi."),
        ("failed", Settlement::Failed, "FAILED", "Le+paiement+a+%C3%A9chou%C3%A9."),
        ("rejected", Settlement::Rejected, "REJECTED", "Le+paiement+est+rejet%C3%A9."),
        ("timeout", Settlement::TimedOut, "TIMEOUT", "Le+temps+d%27attente+de+paiement+est+d%C3%A9pass%C3%A9."),
    ] {
        for php in [false, true] {
            let inbox = Inbox::start().unwrap();
            let sandbox = Sandbox::builder().callback_url(inbox.url()).php_booleans(php).start().unwrap();
            let (token, paid) = (new_token(&sandbox), outcome == "paid");
            let path = format!("/purchase-product/{token}");
            for wrong in ["", "outcome=", "outcome=PAID", "outcome=success", "result=paid"] {
                assert_eq!(post(&sandbox, &path, wrong).status, 400, "{wrong}");
            }
            assert!(!is_paid(&sandbox, &token));
            assert_eq!(settle(&sandbox, &token, outcome).target(), Some(&*path), "without a redirect URL");
            let success = if php { u8::from(paid).to_string() } else { paid.to_string() };
            let body = format!("purchaseToken={token}&paymentSuccessful={success}&status={status}&message={message}");
            assert_eq!(inbox.recv_timeout(Duration::ZERO).unwrap(), body.as_bytes(), "before the browser is answered");
            assert_eq!(is_paid(&sandbox, &token), paid);
            assert_eq!(sandbox.payments()[0].state, PaymentState::Settled(settlement));
            assert!(!get(&sandbox, &path).body.contains("<button"));
        }
    }
}

#[test]
fn shops_can_check_payments_before_they_answer_their_callbacks() {
    let origin = Arc::new(OnceLock::<String>::new());
    let known = Arc::clone(&origin);
    let url = shop(move |body| {
        let form = format!("{}&secret_key={DEMO_SECRET_KEY}", body.split('&').next().unwrap());
        let request = minreq::post(format!("{}{CHECK}", known.get().unwrap())).with_body(form).with_timeout(4);
        let answer = request.with_header("Content-Type", "application/x-www-form-urlencoded").send().unwrap();
        let paid = answer.as_str().unwrap().contains(r#""payment_successful":true"#);
        if paid { OK.to_owned() } else { "HTTP/1.1 500 Not paid\r\n\r\n".to_owned() }
    });
    let sandbox = Sandbox::builder().callback_url(url).start().unwrap();
    origin.set(sandbox.origin()).unwrap();
    let tokens = [(); 64].map(|()| new_token(&sandbox));
    thread::scope(|scope| tokens.iter().for_each(|token| drop(scope.spawn(|| settle(&sandbox, token, "paid")))));
    assert!(sandbox.payments().iter().all(|payment| payment.notifications[0].result == Ok(200)));
}

/// Row 115.
#[test]
fn a_second_settlement_is_refused_and_changes_nothing() {
    let inbox = Inbox::start().unwrap();
    let redirect = "https://demosa.com/payment-status?from=ekolopay";
    let sandbox = Sandbox::builder().callback_url(inbox.url()).redirect_url(redirect).start().unwrap();
    let tokens = [(); 20].map(|()| new_token(&sandbox));
    for token in &tokens {
        let settle = |outcome| settle(&sandbox, token, outcome);
        let mut answers = thread::scope(|scope| {
            ["paid", "failed", "rejected"]
                .map(|outcome| scope.spawn(move || settle(outcome)))
                .map(|thread| thread.join().unwrap())
        });
        answers.sort_by_key(|answer| answer.status);
        assert_eq!((answers[0].target(), answers[1].status, answers[2].status), (Some(redirect), 409, 409));
        answers[2].shows(&["Ce paiement est déjà terminé"]);
    }
    assert!(sandbox.payments().iter().all(|payment| payment.notifications.len() == 1));
    get(&sandbox, &format!("/purchase-product/{}", tokens[0])).shows(&[&format!("href=\"{redirect}\">Retourner")]);
}

#[test]
fn a_failed_callback_is_recorded_and_not_sent_again() {
    let elsewhere = Inbox::start().unwrap();
    let moved = format!("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", elsewhere.url());
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let no_reply = || Err("pas de réponse HTTP".to_owned());
    for (url, result, reply) in [
        (shop(move |_| moved.clone()), Ok(302), ""),
        (shop(|_| "HTTP/1.1 500 Oh\r\n\r\nFatal error: line 7".to_owned()), Ok(500), "Fatal error: line 7"),
        (shop(|_| String::new()), no_reply(), ""),
        (shop(|_| "hello\r\n\r\n".to_owned()), no_reply(), ""),
        (format!("http://{nobody}/"), Err("connexion refusée".to_owned()), ""),
    ] {
        let sandbox = Sandbox::builder().callback_url(url).start().unwrap();
        let token = new_token(&sandbox);
        assert_eq!(settle(&sandbox, &token, "paid").status, 303);
        let sent = sent(&sandbox);
        assert_eq!((sent.len(), &sent[0].result, &*sent[0].reply), (1, &result, reply));
        assert!(is_paid(&sandbox, &token));
    }
    assert!(elsewhere.recv_timeout(Duration::ZERO).is_err());
}

#[test]
fn a_shop_that_never_answers_gets_five_seconds() {
    let url = shop(|_| {
        thread::sleep(Duration::from_secs(60));
        String::new()
    });
    let sandbox = Sandbox::builder().callback_url(url).start().unwrap();
    let (token, started) = (new_token(&sandbox), Instant::now());
    sandbox.settle(&token, Settlement::Failed);
    assert!((3..15).contains(&started.elapsed().as_secs()));
    assert_eq!(sent(&sandbox)[0].result, Err("délai dépassé".to_owned()));
}
