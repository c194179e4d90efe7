//! Forged and lost callbacks, a killed shop, a gateway out of service: a paid order is shipped once, an unpaid one never.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::{Ordered, World, header, now, program};

const DAY: u64 = 24 * 60 * 60;

#[test]
fn a_callback_that_nobody_paid_for_ships_nothing() {
    let world = World::start();
    let order = world.order("iphone");
    let other = world.order("cafe");
    for status in ["SUCCESS", "SUCCESSFUL", "PAID"] {
        assert_eq!(world.callback(&order.token, true, status).status_code, 200);
        world.wait_for_not_paid(&order);
        assert_eq!(world.state(&order), "pending");
    }
    // Another order is paid: that one ships.
    world.customer_submits(&other, "paid");
    world.wait_for(&other, "paid");
    // A callback cannot turn a failed payment into a successful one.
    world.customer_submits(&order, "failed");
    world.wait_for(&order, "failed");
    assert_eq!(world.callback(&order.token, true, "SUCCESS").status_code, 200);
    world.wait_for_not_paid(&order);
    assert_eq!(world.state(&order), "pending", "a claimed success is not shown");
    assert_eq!(world.paid(), [other.token]);
    // A token that belongs to no order is not stored.
    assert_eq!(world.callback("940d4e9aab5797e6055e1259b84a9875", true, "SUCCESS").status_code, 404);
}

#[test]
fn a_callback_replayed_a_thousand_times_causes_few_checks_and_one_shipment() {
    let world = World::start();
    let order = world.order("lampe");
    let start = Instant::now();
    for _ in 0..500 {
        assert_eq!(world.callback(&order.token, true, "SUCCESS").status_code, 200);
    }
    world.wait_for_not_paid(&order);
    // Each check is two requests, as the SDK asks first whether the gateway is available. The shop checks an order
    // at most once in two seconds, and its own credentials once.
    let most = 2 * (3 + start.elapsed().as_secs() / 2);
    assert!(world.checks() <= most, "{} requests in {:?}", world.checks(), start.elapsed());
    world.customer_submits(&order, "paid");
    for _ in 0..500 {
        assert_eq!(world.callback(&order.token, true, "SUCCESS").status_code, 200);
    }
    world.wait_for(&order, "paid");
    let checks = world.checks();
    assert_eq!(world.callback(&order.token, true, "SUCCESS").status_code, 200);
    thread::sleep(Duration::from_millis(2_500));
    assert_eq!(world.checks(), checks, "a shipped order is not checked again");
    assert_eq!(world.paid(), [order.token]);
}

#[test]
fn an_order_that_a_callback_calls_failed_ships_when_it_is_paid() {
    let world = World::start();
    let order = world.order("pagne");
    assert_eq!(world.callback(&order.token, false, "REJECTED").status_code, 200);
    world.wait_for(&order, "rejected");
    world.customer_submits(&order, "paid");
    world.wait_for(&order, "paid");
    assert_eq!(world.callback(&order.token, false, "FAILED").status_code, 200);
    assert_eq!(world.state(&order), "paid", "a shipped order stays shipped");
}

#[test]
fn invalid_callbacks_are_refused_quickly_and_do_no_harm() {
    let world = World::start();
    let order = world.order("cafe");
    let token = &order.token;
    // Whoever sends more than the limit gets an answer before the end.
    for length in ["Content-Length: 10485760", "Content-Length: 65537", "Transfer-Encoding: chunked"] {
        let chunk = if length.ends_with("chunked") { "10001\r\n" } else { "" };
        let body = "a=1&".repeat(65_536 / 4) + "a";
        let answer = world.raw(
            format!("POST /callback HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{length}\r\n\r\n{chunk}{body}")
                .as_bytes(),
        );
        assert!(answer.starts_with("HTTP/1.1 413 "), "{length}: {answer}");
    }
    let bodies: [(&str, Vec<u8>, u16); 8] = [
        ("30,000 keys", "&=".repeat(30_000).into_bytes(), 400),
        ("empty", Vec::new(), 400),
        ("no equals sign", b"purchaseToken".to_vec(), 400),
        ("not UTF-8", [b"purchaseToken=\xff\xfe".as_slice(), b"&paymentSuccessful=true&status=SUCCESS"].concat(), 400),
        ("NUL", b"purchaseToken=a%00b&paymentSuccessful=true&status=SUCCESS\0".to_vec(), 400),
        (
            "a key twice",
            format!("purchaseToken={token}&purchaseToken={token}&paymentSuccessful=true&status=SUCCESS").into(),
            400,
        ),
        ("an array", format!("purchaseToken[]={token}&paymentSuccessful=true&status=SUCCESS").into(), 400),
        ("a contradiction", format!("purchaseToken={token}&paymentSuccessful=true&status=FAILED").into(), 400),
    ];
    for (what, body, status) in bodies {
        let start = Instant::now();
        let answer = world.post("/callback", body);
        assert_eq!(answer.status_code, status, "{what}: {:?}", answer.as_str());
        assert!(start.elapsed() < Duration::from_secs(5), "{what} took {:?}", start.elapsed());
        assert_eq!(world.get("/", "").status_code, 200, "after {what}");
    }
    assert_eq!(world.state(&order), "pending");
    assert!(world.paid().is_empty());
    world.customer_submits(&order, "paid");
    world.wait_for(&order, "paid");
}

/// A customer who pays a small order and presents its token for a large one gets the small one.
#[test]
fn the_return_page_looks_at_the_customers_own_order_whatever_the_address_says() {
    let world = World::start();
    let small = world.order("cafe");
    let large = world.order("iphone");
    world.customer_submits(&small, "paid");
    world.wait_for(&small, "paid");
    let token = &small.token;
    for query in [format!("purchaseToken={token}"), format!("token={token}&status=SUCCESS&paymentSuccessful=true")] {
        let answer = world.get(&format!("/payment-status?{query}"), &large.cookie);
        assert_eq!(header(&answer, "location"), format!("/commandes/{}", large.reference));
        world.wait_for_not_paid(&large);
    }
    assert_eq!(world.state(&large), "pending");
    assert_eq!(world.paid(), [small.token]);
    // Without the cookie of an order the page shows a message.
    for cookie in ["", "navigateur=", "navigateur='; --", "autre=1"] {
        assert_eq!(world.get("/payment-status", cookie).status_code, 200);
    }
    assert_eq!(world.get(&format!("/commandes/{}", large.token), "").status_code, 404, "a token is no reference");
}

#[test]
fn callback_and_return_page_at_the_same_moment_ship_once() {
    const TIMES: usize = 200;
    let world = World::start();
    let mut orders = Vec::new();
    for _ in 0..TIMES {
        let order = world.order("cafe");
        world.customer_submits(&order, "paid");
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(world.callback(&order.token, true, "SUCCESS").status_code, 200));
            scope.spawn(|| assert_eq!(world.get("/payment-status", &order.cookie).status_code, 303));
        });
        orders.push(order);
    }
    for order in &orders {
        world.wait_for(order, "paid");
    }
    assert_eq!(world.paid(), orders.into_iter().map(|order| order.token).collect::<Vec<_>>());
}

#[test]
fn a_shop_that_is_killed_between_payment_and_callback_finds_the_payment_when_it_starts_again() {
    let mut world = World::start();
    let order = world.order("iphone");
    let unpaid = world.order("cafe");
    world.kill();
    world.customer_submits(&order, "paid");
    assert!(world.sandbox.payments()[0].notifications[0].result.is_err(), "the shop could not receive the callback");
    assert!(world.paid().is_empty());
    world.start_again();
    world.wait_for(&order, "paid");
    assert_eq!(world.paid(), [order.token.as_str()]);
    world.kill();
    let moment = now();
    world.start_again();
    world.wait_for_not_paid_since(moment, &unpaid);
    assert_eq!(world.paid(), [order.token]);
}

#[test]
fn a_callback_that_comes_while_the_gateway_is_out_of_service_loses_nothing() {
    let world = World::start();
    let order = world.order("lampe");
    world.wait_for_not_paid(&order);
    world.sandbox.set_in_service(false);
    assert_eq!(world.callback(&order.token, true, "SUCCESS").status_code, 200);
    world.wait_for(&order, "delayed");
    let page = world.get(&format!("/commandes/{}", order.reference), "");
    assert!(page.as_str().unwrap().contains("votre paiement n’est pas perdu"), "{page:?}");
    assert!(world.paid().is_empty());
    world.sandbox.set_in_service(true);
    world.customer_submits(&order, "paid");
    world.wait_for(&order, "paid");
    assert_eq!(world.paid(), [order.token]);
}

/// The older an order, the less often it is checked, unless its customer or a callback asks for it.
#[test]
fn an_old_order_is_checked_at_once_after_a_callback_or_a_visit() {
    let world = World::start();
    let (called, visited) = (world.order("cafe"), world.order("cafe"));
    for order in [&called, &visited] {
        world.wait_for_not_paid(order);
        world.age(order, Duration::from_secs(4 * DAY));
    }
    let moment = now();
    assert_eq!(world.get("/payment-status", &visited.cookie).status_code, 303);
    world.wait_for_not_paid_since(moment, &visited);
    world.customer_submits(&called, "paid");
    world.wait_for(&called, "paid");
    // The customer is waiting for it now, so the next check is not a day away.
    let wait = "SELECT due - asked FROM orders WHERE token = ?1";
    let wait_of = |order: &Ordered| world.database().query_row(wait, [&order.token], |row| row.get::<_, i64>(0));
    assert!((5_000..6_000).contains(&wait_of(&visited).unwrap()));
}

/// The gateway is slow, and more orders are waited for than it can check in time. One of them is paid.
#[test]
fn a_paid_order_is_shipped_while_a_crowd_waits() {
    let world = World::with(program(), |sandbox| sandbox.latency(Duration::from_millis(200)));
    let paid = world.order("iphone");
    let crowd: Vec<Ordered> = thread::scope(|scope| {
        let threads: Vec<_> = (0..40).map(|_| scope.spawn(|| world.order("cafe"))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (stop, start) = (AtomicBool::new(false), Instant::now());
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) && start.elapsed() < Duration::from_secs(60) {
                for order in &crowd {
                    assert_eq!(world.callback(&order.token, true, "SUCCESS").status_code, 200);
                }
            }
        });
        thread::sleep(Duration::from_secs(3));
        world.customer_submits(&paid, "paid");
        world.wait_for(&paid, "paid");
        stop.store(true, Ordering::SeqCst);
    });
    assert_eq!(world.paid(), [paid.token]);
}

#[test]
fn a_gateway_out_of_service_is_asked_less_often() {
    let world = World::start();
    for _ in 0..6 {
        world.order("cafe");
    }
    world.sandbox.set_in_service(false);
    let checks = world.checks();
    thread::sleep(Duration::from_secs(10));
    // Four threads, each once in five seconds, and the requests that had already started.
    let during = world.checks() - checks;
    assert!((1..=16).contains(&during), "{during}");
}

/// The database itself refuses it, whatever the program does.
#[test]
fn a_second_shipment_is_impossible() {
    let world = World::start();
    let order = world.order("cafe");
    world.customer_submits(&order, "paid");
    world.wait_for(&order, "paid");
    let sql = "INSERT INTO payments (order_id, paid_at) SELECT id, 0 FROM orders WHERE token = ?1";
    let error = world.database().execute(sql, [&order.token]).unwrap_err();
    assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::ConstraintViolation), "{error}");
}
