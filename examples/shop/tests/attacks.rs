//! What strangers send: an order becomes paid once, when the gateway says so, and never because a request says so.

mod support;

use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::Settlement::Paid;
use support::{GUESS, MERCHANT, Order, Shop, at_once, wait_until};

/// The last digits of the telephone number tell the sandbox how it ends: for 6 no callback comes, for 9 a timeout is announced
/// before, for 10 a callback says paid. Nobody else makes an order paid, not even with the token of one that is.
#[test]
fn however_a_payment_ends_the_shop_believes_the_gateway_and_nobody_else() {
    let shop = Shop::start();
    let order = |digits| shop.ordered(&shop.submit("cafe", &format!("phone=0600000{digits:02}"), &[]));
    let orders: Vec<_> = (1..=11).map(order).collect();
    wait_until("all that are paid are known", || shop.paid().len() == 6);
    let states: Vec<_> = orders.iter().map(|order| shop.state(order)).collect();
    let five = ["paid", "paid", "failed", "rejected", "timed-out"];
    assert_eq!(states, [&five[..], &["paid", "paid", "paid", "paid", "pending", "pending"]].concat());
    let (paid, failed) = (&orders[0], &orders[2]);
    for status in ["SUCCESS", "SUCCESSFUL", "PAID"] {
        shop.not_paid_after(failed, || assert_eq!(shop.callback(&failed.token, status).status, 200));
        assert_eq!(shop.state(failed), "pending", "a claimed success is not shown");
    }
    let returns = format!("/payment-status?purchaseToken={}&paymentSuccessful=true&status=SUCCESS", paid.token);
    shop.not_paid_after(failed, || assert_eq!(shop.get(&returns, &[("Cookie", &failed.cookie)]).location, failed.path));
    shop.get(&returns, &[("Cookie", "navigateur='; --")]).shows(&["Aucune commande dans ce navigateur"]);
    assert_eq!(shop.get(&format!("/commandes/{}", failed.token), &[]).status, 404, "a token opens no page");
    assert_eq!(shop.callback("940d4e9aab5797e6055e1259b84a9875", "SUCCESS").status, 404, "no order has this token");
    assert_eq!(shop.paid().len(), 6);
}

#[test]
fn callbacks_and_visits_at_the_same_moment_cause_few_checks_and_one_payment() {
    let shop = Shop::start();
    let orders: Vec<_> = (0..200).map(|_| shop.order("cafe")).collect();
    let many = |order: &Order| (0..500).for_each(|_| assert_eq!(shop.callback(&order.token, "SUCCESS").status, 200));
    for order in &orders {
        shop.gateway.settle(&order.token, Paid);
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(shop.callback(&order.token, "SUCCESS").status, 200));
            scope.spawn(|| assert_eq!(shop.get("/payment-status", &[("Cookie", &order.cookie)]).status, 303));
        });
    }
    wait_until("all are paid", || shop.paid().len() == 200);
    let (checks, start, order) = (shop.checks(), Instant::now(), shop.order("lampe"));
    many(&orders[0]);
    shop.not_paid_after(&order, || many(&order));
    // An order is checked at most once in two seconds, and no more once it is paid. The new one's token is a request, too.
    let most = 1 + 2 * (2 + start.elapsed().as_secs() / 2);
    assert!(shop.checks() - checks <= most, "{} requests in {:?}", shop.checks() - checks, start.elapsed());
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
    for length in ["Content-Length: 10485760\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n10001\r\n"] {
        let head = format!("POST /callback HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{length}");
        let answer = shop.raw((head + &"a".repeat(65_537)).as_bytes());
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
            assert!(answer.response.header("www-authenticate").is_some_and(|asks| asks.starts_with("Basic ")));
        }
        assert_eq!(shop.get(path, &[MERCHANT]).status, 200);
    }
    let (start, forwarded) = (Instant::now(), "a".repeat(9_000));
    let answers = at_once(12, || shop.get("/marchand", &[GUESS, ("X-Forwarded-For", &forwarded)]).status);
    assert!(start.elapsed() >= Duration::from_secs(1) && answers.contains(&401) && answers.contains(&429));
    let log = shop.log();
    assert!(log.contains("a wrong password for /marchand from 127.0.0.1:"), "{log}");
    assert!(log.len() < 15 * 200, "guessing does not fill the log");
}
