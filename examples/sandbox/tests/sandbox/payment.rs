//! The payment page, and the callback that follows a payment.

use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::{Inbox, PaymentState, Sandbox, Settlement};
use ekolopay_test_kit::{Connection, Server, response, response_with};

use crate::client::{get, is_paid, new_token, post, purchase, settle, shop};

#[test]
fn the_page_shows_the_order_the_outcomes_and_the_way_back() {
    let redirect = "https://demosa.com/payment-status?from=ekolopay&a=b";
    let link = "href=\"https://demosa.com/payment-status?from=ekolopay&amp;a=b\">";
    let form = "<form method=\"post\" action=\"https://demosa.com/payment-status?from=ekolopay&amp;a=b\"><button";
    for (by_post, way, end) in [(false, link, "</a>"), (true, form, "</button>")] {
        let sandbox = Sandbox::builder().redirect_url(redirect).redirect_by_post(by_post).start().unwrap();
        let product = r#"{"label":"<script>alert</script>","details":"<img src=x>\"'&amp;"}"#;
        let customer = r#"{"phone":"066304925","name":"</dd><b>Kanza"}"#;
        purchase(&sandbox, &[("product", product), ("customer", customer), ("amount", "1234567")]).reply().unwrap();
        let token = sandbox.payments().remove(0).token;
        let path = format!("/purchase-product/{token}");
        let page = get(&sandbox, &path);
        page.shows(&["<html lang=\"fr\">", "width=device-width", "Aucun argent ne circule.", "method=\"post\">"]);
        page.shows(&["1\u{202f}234\u{202f}567\u{a0}FCFA", "066304925", "<dt>Marchand</dt><dd>demo</dd>"]);
        page.shows(&["&lt;script&gt;alert&lt;/script&gt;", "&lt;img src=x&gt;", "&amp;amp;", "&lt;/dd&gt;&lt;b&gt;"]);
        page.shows(&["value=\"paid\">Simuler un paiement réussi<", "value=\"failed\">Simuler un échec<"]);
        page.shows(&["value=\"rejected\">Simuler un rejet<", "value=\"timeout\">Simuler un délai dépassé<"]);
        page.shows(&[way, &format!("Annuler et revenir{end}")]);
        assert!(!page.text.contains("<script") && !page.text.contains("<b>"));
        let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
        assert_eq!(page.http.header("Content-Security-Policy"), Some(policy));
        assert_eq!(page.http.header("Referrer-Policy"), Some("origin"));
        assert_eq!(page.http.header("Content-Type"), Some("text/html; charset=utf-8"));
        for wrong in ["", "outcome=", "outcome=PAID", "outcome=success", "result=paid"] {
            assert_eq!(post(&sandbox, &path, wrong).status, 400, "{wrong}");
        }
        let target = if by_post { &path } else { redirect };
        assert_eq!(settle(&sandbox, &token, "failed").target(), Some(target));
        get(&sandbox, &path).shows(&[way, &format!("Retourner à la boutique{end}")]);
        let unknown = "/purchase-product/940d4e9aab5797e6055e1259b84a9875";
        assert_eq!([get(&sandbox, unknown).status, post(&sandbox, unknown, "outcome=paid").status], [404, 404]);
    }
}

const SUCCESSFUL: &str = "true&status=SUCCESSFUL&message=Paiement+r%C3%A9ussi.";
const FAILED: &str = "false&status=FAILED&message=Le+paiement+a+%C3%A9chou%C3%A9.";
const REJECTED: &str = "false&status=REJECTED&message=Le+paiement+est+rejet%C3%A9.";
const TIMEOUT: &str = "false&status=TIMEOUT&message=Le+temps+d%27attente+de+paiement+est+d%C3%A9pass%C3%A9.";
const PAY_AFTER: Duration = Duration::from_millis(800);

/// By telephone numbers without a browser, and by hand on the payment page, which refuses a second time.
#[test]
fn each_payment_ends_as_its_number_or_its_customer_says() {
    let success = SUCCESSFUL.replace("SUCCESSFUL", "SUCCESS");
    // The number, the outcome by hand, the callbacks each with what check-payment says then, and what it says at the end.
    let payments = [
        ("060000001", "", vec![(&*success, true)], true),
        ("060000002", "", vec![(SUCCESSFUL, true)], true),
        ("060000003", "", vec![(FAILED, false)], false),
        ("060000004", "", vec![(REJECTED, false)], false),
        ("060000005", "", vec![(TIMEOUT, false)], false),
        ("060000006", "", vec![], true),
        ("060000007", "", vec![(SUCCESSFUL, true), (SUCCESSFUL, true)], true),
        ("060000008", "", vec![(SUCCESSFUL, true)], true),
        ("060000009", "", vec![(TIMEOUT, false)], true),
        ("060000010", "", vec![(SUCCESSFUL, false)], false),
        ("060000011", "", vec![], false),
        ("060000001", "failed", vec![(FAILED, false)], false),
        ("066304925", "paid", vec![(SUCCESSFUL, true)], true),
        ("066304925", "rejected", vec![(REJECTED, false)], false),
        ("066304925", "timeout", vec![(TIMEOUT, false)], false),
    ];
    thread::scope(|scope| {
        for (phone, hand, callbacks, paid) in payments {
            scope.spawn(move || ends(phone, hand, &callbacks, paid));
        }
    });
}

fn ends(phone: &str, hand: &str, callbacks: &[(&str, bool)], paid: bool) {
    let inbox = Inbox::start().unwrap();
    let sandbox = Sandbox::builder().pay_after(PAY_AFTER).callback_url(inbox.url()).start().unwrap();
    let token = new_token(&sandbox, &[("customer", &format!(r#"{{"phone":"{phone}"}}"#))]);
    let page = format!("/purchase-product/{token}");
    assert!(!is_paid(&sandbox, &token));
    if !hand.is_empty() {
        assert_eq!(settle(&sandbox, &token, hand).target(), Some(&*page), "without a redirect URL");
        assert!(!get(&sandbox, &page).text.contains("<button"));
        let second = settle(&sandbox, &token, if paid { "failed" } else { "paid" });
        second.shows(&["Ce paiement est déjà terminé"]);
        assert_eq!((second.status, sandbox.payments()[0].notifications.len()), (409, 1), "the first was announced");
    }
    if phone == "060000008" {
        assert!(inbox.recv_timeout(PAY_AFTER * 5).is_err() && is_paid(&sandbox, &token), "paid, but not yet announced");
    }
    for (callback, then) in callbacks {
        let body = String::from_utf8(inbox.recv_timeout(Duration::from_secs(20)).unwrap()).unwrap();
        assert_eq!(body, format!("purchaseToken={token}&paymentSuccessful={callback}"), "{phone} {hand}");
        assert_eq!(is_paid(&sandbox, &token), *then, "{phone} {hand}");
    }
    assert!(inbox.recv_timeout(PAY_AFTER * 3).is_err(), "{phone} {hand}: nothing more comes");
    assert_eq!(is_paid(&sandbox, &token), paid, "{phone} {hand}");
}

#[test]
fn a_failed_callback_is_recorded_and_not_sent_again() {
    let elsewhere = Inbox::start().unwrap();
    let location = format!("Location: {}\r\n", elsewhere.url());
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = Server::play(Connection::stall);
    for (url, result, reply) in [
        (shop(move |_| response_with(302, &location, "")), Ok(302), ""),
        (shop(|_| response(500, "Fatal error: line 7")), Ok(500), "Fatal error: line 7"),
        (shop(|_| Vec::new()), Err("pas de réponse HTTP"), ""),
        (shop(|_| b"hello\r\n\r\n".to_vec()), Err("pas de réponse HTTP"), ""),
        (format!("http://{nobody}/"), Err("connexion refusée"), ""),
        (silent.origin, Err("délai dépassé"), ""),
    ] {
        let sandbox = Sandbox::builder().callback_url(url).start().unwrap();
        let (token, started) = (new_token(&sandbox, &[]), Instant::now());
        assert_eq!(settle(&sandbox, &token, "paid").status, 303);
        assert!(started.elapsed() < Duration::from_secs(15), "the shop has 5 s");
        let payment = sandbox.payments().remove(0);
        let sent = &payment.notifications[0];
        assert_eq!((&sent.result, &*sent.reply), (&result.map_err(str::to_owned), reply));
        assert_eq!((payment.notifications.len(), payment.state), (1, PaymentState::Settled(Settlement::Paid)));
    }
    assert!(elsewhere.recv_timeout(Duration::ZERO).is_err());
}
