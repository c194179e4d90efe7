//! What strangers send: an order becomes paid once, when the gateway says so, and never because a request says so.

mod support;

use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::Settlement::{Failed, Paid};
use support::{GUESS, MERCHANT, Shop, at_once};

#[test]
fn only_what_the_gateway_says_makes_an_order_paid() {
    let shop = Shop::start();
    let (order, other) = (shop.order("iphone"), shop.order("cafe"));
    shop.gateway.settle(&order.token, Failed);
    shop.wait_for(&order, "failed");
    for status in ["SUCCESS", "SUCCESSFUL", "PAID"] {
        shop.not_paid_after(&order, || assert_eq!(shop.callback(&order.token, status).status, 200));
        assert_eq!(shop.state(&order), "pending", "a claimed success is not shown");
    }
    // Nor does a claimed failure hinder a payment, before or after it.
    shop.callback(&other.token, "REJECTED");
    shop.wait_for(&other, "rejected");
    shop.pays(&other);
    shop.callback(&other.token, "FAILED");
    assert_eq!(shop.state(&other), "paid");
    assert_eq!(shop.callback("940d4e9aab5797e6055e1259b84a9875", "SUCCESS").status, 404, "no order has this token");
    assert_eq!(shop.paid(), [other.token]);
}

#[test]
fn a_thousand_callbacks_cause_few_checks_and_one_payment() {
    let shop = Shop::start();
    let (order, start) = (shop.order("lampe"), Instant::now());
    let send_500 = || (0..500).for_each(|_| assert_eq!(shop.callback(&order.token, "SUCCESS").status, 200));
    shop.not_paid_after(&order, send_500);
    // The shop checks an order at most once in two seconds, and its own credentials once.
    let most = 2 * (3 + start.elapsed().as_secs() / 2);
    assert!(shop.checks() <= most, "{} requests in {:?}", shop.checks(), start.elapsed());
    shop.pays(&order);
    let checks = shop.checks();
    send_500();
    thread::sleep(Duration::from_millis(2_500));
    assert_eq!(shop.checks(), checks, "a paid order is not checked again");
    assert_eq!(shop.paid(), [order.token]);
}

#[test]
fn callback_and_return_at_the_same_moment_make_one_payment() {
    let shop = Shop::start();
    let orders: Vec<_> = (0..200).map(|_| shop.order("cafe")).collect();
    for order in &orders {
        shop.gateway.settle(&order.token, Paid);
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(shop.callback(&order.token, "SUCCESS").status, 200));
            scope.spawn(|| assert_eq!(shop.get_with("/payment-status", &order.browser()).status, 303));
        });
    }
    orders.iter().for_each(|order| shop.wait_for(order, "paid"));
    assert_eq!(shop.paid(), orders.iter().map(|order| &*order.token).collect::<Vec<_>>());
    // The database itself refuses a second payment, whatever the program does.
    let again = format!("INSERT INTO payments (order_id, paid_at) VALUES ({}, 0)", orders[0].id);
    assert!(shop.database().execute_batch(&again).is_err());
}

/// Someone who pays for a small order and presents its token for a large one gets the small one.
#[test]
fn the_return_page_checks_the_customers_own_order_whatever_its_address_says() {
    let shop = Shop::start();
    let (small, large) = (shop.order("cafe"), shop.order("iphone"));
    shop.pays(&small);
    let forged = format!("/payment-status?purchaseToken={}&paymentSuccessful=true&status=SUCCESS", small.token);
    let returns = || assert_eq!(shop.get_with(&forged, &large.browser()).location(), large.path);
    shop.not_paid_after(&large, returns);
    assert_eq!((&*shop.state(&large), shop.paid()), ("pending", vec![small.token]));
    for cookie in ["", "navigateur=", "navigateur='; --", "autre=1"] {
        shop.get_with("/payment-status", &[("Cookie", cookie)]).shows(&["Aucune commande dans ce navigateur"]);
    }
    assert_eq!(shop.get(&format!("/commandes/{}", large.token)).status, 404, "a token opens no page");
}

#[test]
fn an_unreadable_callback_is_refused_quickly_and_does_no_harm() {
    let shop = Shop::start();
    let order = shop.order("cafe");
    // Anyone who sends more than the limit gets an answer before the end.
    for length in ["Content-Length: 10485760", "Content-Length: 65537", "Transfer-Encoding: chunked"] {
        let chunk = if length.ends_with("chunked") { "10001\r\n" } else { "" };
        let head = format!("POST /callback HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{length}\r\n\r\n{chunk}");
        let answer = shop.raw(format!("{head}{}", "a".repeat(65_537)).as_bytes());
        assert!(answer.starts_with("HTTP/1.1 413 "), "{length}: {answer}");
    }
    let (token, claim) = (&order.token, "paymentSuccessful=true&status=SUCCESS");
    for (what, body) in [
        ("30,000 keys", "&=".repeat(30_000).into_bytes()),
        ("nothing", Vec::new()),
        ("no equals sign", b"purchaseToken".to_vec()),
        ("not UTF-8", [b"purchaseToken=\xff\xfe&", claim.as_bytes()].concat()),
        ("NUL", format!("purchaseToken=a%00b&{claim}\0").into()),
        ("a key twice", format!("purchaseToken={token}&purchaseToken={token}&{claim}").into()),
        ("an array", format!("purchaseToken[]={token}&{claim}").into()),
        ("a contradiction", format!("purchaseToken={token}&paymentSuccessful=true&status=FAILED").into()),
    ] {
        let start = Instant::now();
        assert_eq!(shop.post("/callback", body, &[]).status, 400, "{what}");
        assert!(start.elapsed() < Duration::from_secs(5), "{what} took {:?}", start.elapsed());
    }
    assert_eq!(shop.state(&order), "pending");
    shop.pays(&order);
}

#[test]
fn the_merchants_pages_need_the_password_and_guessing_it_is_slow_and_logged() {
    let shop = Shop::start();
    for path in ["/marchand", "/marchand/commandes.csv", &format!("/marchand/commandes/{}", shop.order("pagne").id)] {
        // Nothing, `marchand:`, and what cannot be read.
        for wrong in ["", "Basic bWFyY2hhbmQ6", "Basic %", "Bearer x"] {
            let answer = shop.get_with(path, &[("Authorization", wrong)]);
            assert_eq!(answer.hides(&["Kanza"]).status, 401, "{wrong}");
            assert_eq!(answer.header("www-authenticate"), r#"Basic realm="marchand", charset="UTF-8""#);
        }
        assert_eq!(shop.get_with(path, &[MERCHANT]).status, 200);
    }
    let (start, before, forwarded) = (Instant::now(), shop.log().len(), "a".repeat(9_000));
    let answers = at_once(12, || shop.get_with("/marchand", &[GUESS, ("X-Forwarded-For", &forwarded)]).status);
    assert!(
        start.elapsed() >= Duration::from_secs(1) && answers.contains(&401) && answers.contains(&429),
        "{answers:?}"
    );
    let log = &shop.log()[before..];
    assert!(log.contains("a wrong password for /marchand from 127.0.0.1:"), "{log}");
    assert!(log.len() < 12 * 200, "guessing does not fill the log");
}
