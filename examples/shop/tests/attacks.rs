//! Rows 39 to 44: whatever is posted, lost, killed or out of service, goods leave once for what is paid, and never for
//! what is not.

mod support;

use std::thread;
use std::time::{Duration, Instant};

use support::{World, header, now};

/// Row 39.
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
    world.wait_for(&other, "shipped");
    // A payment that failed does not become one that succeeded by being called so.
    world.customer_submits(&order, "failed");
    world.wait_for(&order, "failed");
    assert_eq!(world.callback(&order.token, true, "SUCCESS").status_code, 200);
    world.wait_for_not_paid(&order);
    assert_eq!(world.state(&order), "pending", "a claim of success is shown as nothing");
    assert_eq!(world.shipments(), [other.token]);
    // Of a token that is nobody's nothing is kept.
    assert_eq!(world.callback("940d4e9aab5797e6055e1259b84a9875", true, "SUCCESS").status_code, 404);
}

/// Row 39.
#[test]
fn a_callback_replayed_a_thousand_times_asks_the_gateway_now_and_then_and_ships_once() {
    let world = World::start();
    let order = world.order("lampe");
    let start = Instant::now();
    for _ in 0..500 {
        assert_eq!(world.callback(&order.token, true, "SUCCESS").status_code, 200);
    }
    world.wait_for_not_paid(&order);
    // A request is a check of the service and the check itself; the shop's patience is two seconds.
    let most = 2 * (2 + start.elapsed().as_secs() / 2);
    assert!(world.checks() <= most, "{} requests in {:?}", world.checks(), start.elapsed());
    world.customer_submits(&order, "paid");
    for _ in 0..500 {
        assert_eq!(world.callback(&order.token, true, "SUCCESS").status_code, 200);
    }
    world.wait_for(&order, "shipped");
    let checks = world.checks();
    assert_eq!(world.callback(&order.token, true, "SUCCESS").status_code, 200);
    thread::sleep(Duration::from_millis(2_500));
    assert_eq!(world.checks(), checks, "what is shipped is not asked about");
    assert_eq!(world.shipments(), [order.token]);
}

/// Row 39: a forged failure closes nothing.
#[test]
fn an_order_that_a_callback_calls_failed_ships_when_it_is_paid() {
    let world = World::start();
    let order = world.order("pagne");
    assert_eq!(world.callback(&order.token, false, "REJECTED").status_code, 200);
    world.wait_for(&order, "rejected");
    world.customer_submits(&order, "paid");
    world.wait_for(&order, "shipped");
    assert_eq!(world.callback(&order.token, false, "FAILED").status_code, 200);
    assert_eq!(world.state(&order), "shipped", "and stays so");
}

/// Row 40.
#[test]
fn what_is_no_callback_is_refused_in_little_time_and_harms_nobody() {
    let world = World::start();
    let order = world.order("cafe");
    let token = &order.token;
    let bodies: [(&str, Vec<u8>, u16); 10] = [
        ("10 MB", vec![b'a'; 10 * 1024 * 1024], 413),
        ("100,000 keys", "a=1&".repeat(100_000).into_bytes(), 413),
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
    assert!(world.shipments().is_empty());
    world.customer_submits(&order, "paid");
    world.wait_for(&order, "shipped");
}

/// Row 41: who pays a small order and presents its token for a large one gets the small one.
#[test]
fn the_return_page_looks_at_the_customers_own_order_whatever_the_address_says() {
    let world = World::start();
    let small = world.order("cafe");
    let large = world.order("iphone");
    world.customer_submits(&small, "paid");
    world.wait_for(&small, "shipped");
    let token = &small.token;
    for query in [format!("purchaseToken={token}"), format!("token={token}&status=SUCCESS&paymentSuccessful=true")] {
        let answer = world.get(&format!("/payment-status?{query}"), &large.cookie);
        assert_eq!(header(&answer, "location"), format!("/commandes/{}", large.reference));
        world.wait_for_not_paid(&large);
    }
    assert_eq!(world.state(&large), "pending");
    assert_eq!(world.shipments(), [small.token]);
    // Without an order of one's own there is nothing to see.
    for cookie in ["", "commande=", "commande='; --", "autre=1"] {
        assert_eq!(world.get("/payment-status", cookie).status_code, 200);
    }
    assert_eq!(world.get(&format!("/commandes/{}", large.token), "").status_code, 404, "a token is no reference");
}

/// Row 42.
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
        world.wait_for(order, "shipped");
    }
    assert_eq!(world.shipments(), orders.into_iter().map(|order| order.token).collect::<Vec<_>>());
}

/// Row 43.
#[test]
fn a_shop_that_is_killed_between_payment_and_callback_finds_the_payment_when_it_starts_again() {
    let mut world = World::start();
    let order = world.order("iphone");
    let unpaid = world.order("cafe");
    // Long ago, so that no timer would be quick to find it.
    let sql = "UPDATE orders SET ordered_at = ordered_at - 100000000000, due_at = due_at + 20000000000";
    assert_eq!(world.database().execute(sql, []).unwrap(), 2);
    world.kill();
    world.customer_submits(&order, "paid");
    assert!(world.sandbox.payments()[0].deliveries[0].result.is_err(), "the callback found nobody");
    assert!(world.shipments().is_empty());
    world.start_again();
    world.wait_for(&order, "shipped");
    assert_eq!(world.shipments(), [order.token.as_str()]);
    world.kill();
    let moment = now();
    world.start_again();
    world.wait_for_not_paid_since(moment, &unpaid);
    assert_eq!(world.shipments(), [order.token]);
}

/// Row 44.
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
    assert!(world.shipments().is_empty());
    world.sandbox.set_in_service(true);
    world.customer_submits(&order, "paid");
    world.wait_for(&order, "shipped");
    assert_eq!(world.shipments(), [order.token]);
}

/// The timer, with no callback and nobody coming back.
#[test]
fn an_open_order_is_asked_about_again_by_itself() {
    let world = World::start();
    let order = world.order("pagne");
    world.wait_for_not_paid(&order);
    world.wait_for_not_paid(&order);
    assert_eq!(world.state(&order), "pending");
}

/// The database's own refusal, whatever a program does.
#[test]
fn a_second_shipment_is_impossible() {
    let world = World::start();
    let order = world.order("cafe");
    world.customer_submits(&order, "paid");
    world.wait_for(&order, "shipped");
    let sql = "INSERT INTO shipments (order_id, shipped_at) SELECT id, 0 FROM orders WHERE token = ?1";
    let error = world.database().execute(sql, [&order.token]).unwrap_err();
    assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::ConstraintViolation), "{error}");
}
