//! What strangers send: an order becomes paid once, when the gateway says so, and never because a request says so.

mod support;

use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::Settlement::{Failed, Paid};
use support::{GUESS, MERCHANT, Shop, at_once, wait_until};

/// The last digits of the telephone number tell the sandbox how the payment ends. No callback comes for 6, a timeout is
/// announced for 9, and a success for 10.
#[test]
fn however_a_payment_ends_the_shop_knows_it() {
    let shop = Shop::start();
    let ends: [(&str, &[u32]); 5] = [
        ("paid", &[1, 2, 6, 7, 8, 9]),
        ("failed", &[3]),
        ("rejected", &[4]),
        ("timed-out", &[5]),
        ("pending", &[10, 11]),
    ];
    let order = |digits: &u32| shop.ordered(&shop.submit("cafe", &format!("phone=0600000{digits:02}"), &[]));
    let orders = ends.map(|(state, digits)| (state, digits.iter().map(order).collect::<Vec<_>>()));
    wait_until("all paid orders are known", || shop.paid().len() == 6);
    for (state, orders) in orders {
        orders.iter().for_each(|order| shop.wait_for(order, state));
    }
}

/// Not a callback, nor the address of the return page with the token of a small order that is paid.
#[test]
fn no_request_makes_an_order_paid() {
    let shop = Shop::start();
    let (order, small) = (shop.order("iphone"), shop.order("cafe"));
    shop.pays(&small);
    shop.gateway.settle(&order.token, Failed);
    shop.wait_for(&order, "failed");
    for status in ["SUCCESS", "SUCCESSFUL", "PAID"] {
        shop.not_paid_after(&order, || assert_eq!(shop.callback(&order.token, status).status, 200));
        assert_eq!(shop.state(&order), "pending", "a claimed success is not shown");
    }
    let returns = format!("/payment-status?purchaseToken={}&paymentSuccessful=true&status=SUCCESS", small.token);
    shop.not_paid_after(&order, || assert_eq!(shop.get(&returns, &order.browser()).location, order.path));
    shop.get(&returns, &[("Cookie", "navigateur='; --")]).shows(&["Aucune commande dans ce navigateur"]);
    assert_eq!(shop.get(&format!("/commandes/{}", order.token), &[]).status, 404, "a token opens no page");
    assert_eq!(shop.callback("940d4e9aab5797e6055e1259b84a9875", "SUCCESS").status, 404, "no order has this token");
    assert_eq!(shop.paid(), [small.token]);
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
            scope.spawn(|| assert_eq!(shop.get("/payment-status", &order.browser()).status, 303));
        });
    }
    orders.iter().for_each(|order| shop.wait_for(order, "paid"));
    assert_eq!(shop.paid(), orders.iter().map(|order| &*order.token).collect::<Vec<_>>());
    // The database itself refuses a second payment, whatever the program does.
    let again = "INSERT INTO payments (order_id, paid_at) SELECT id, 0 FROM orders";
    assert!(shop.database().execute_batch(again).is_err());
}

#[test]
fn an_unreadable_callback_is_refused_quickly_and_does_no_harm() {
    let shop = Shop::start();
    let (order, start) = (shop.order("cafe"), Instant::now());
    // Anyone who sends more than the limit gets an answer before the end.
    for length in ["Content-Length: 10485760", "Content-Length: 65537", "Transfer-Encoding: chunked"] {
        let chunk = if length.ends_with("chunked") { "10001\r\n" } else { "" };
        let head = format!("POST /callback HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{length}\r\n\r\n{chunk}");
        let answer = shop.raw(format!("{head}{}", "a".repeat(65_537)).as_bytes());
        assert!(answer.starts_with("HTTP/1.1 413 "), "{length}: {answer}");
    }
    let (token, claim) = (&order.token, "paymentSuccessful=true&status=SUCCESS");
    for body in [
        "&=".repeat(30_000).into_bytes(),
        b"purchaseToken".to_vec(),
        [b"purchaseToken=\xff\xfe&", claim.as_bytes()].concat(),
        format!("purchaseToken=a%00b&{claim}\0").into(),
        format!("purchaseToken={token}&purchaseToken={token}&{claim}").into(),
        format!("purchaseToken[]={token}&{claim}").into(),
        format!("purchaseToken={token}&paymentSuccessful=true&status=FAILED").into(),
    ] {
        assert_eq!(shop.post("/callback", &*body, &[]).status, 400, "{}", String::from_utf8_lossy(&body));
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(shop.state(&order), "pending");
    shop.pays(&order);
}

#[test]
fn the_merchants_pages_need_the_password_and_guessing_it_is_slow_and_logged() {
    let shop = Shop::start();
    for path in ["/marchand", "/marchand/commandes.csv", &format!("/marchand/commandes/{}", shop.order("cafe").id)] {
        // Nothing, `marchand:`, and what cannot be read.
        for wrong in ["", "Basic bWFyY2hhbmQ6", "Basic %", "Bearer x"] {
            let answer = shop.get(path, &[("Authorization", wrong)]);
            assert_eq!(answer.hides(&["Kanza"]).status, 401, "{wrong}");
            assert_eq!(answer.header("www-authenticate"), r#"Basic realm="marchand", charset="UTF-8""#);
        }
        assert_eq!(shop.get(path, &[MERCHANT]).status, 200);
    }
    let (start, before, forwarded) = (Instant::now(), shop.log().len(), "a".repeat(9_000));
    let answers = at_once(12, || shop.get("/marchand", &[GUESS, ("X-Forwarded-For", &forwarded)]).status);
    assert!(start.elapsed() >= Duration::from_secs(1) && answers.contains(&401) && answers.contains(&429));
    let log = &shop.log()[before..];
    assert!(log.contains("a wrong password for /marchand from 127.0.0.1:"), "{log}");
    assert!(log.len() < 12 * 200, "guessing does not fill the log");
}
