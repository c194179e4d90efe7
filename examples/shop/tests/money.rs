//! Where the shop once was wrong about money, or silent: each test fails on the shop before this one.

mod support;

use std::fs;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::Settlement;
use support::{Ordered, World, answer_all, header, now, program, wait_until};

/// A table of the merchant's own refuses the payment: it is not taken for one that was stored before.
#[test]
fn a_payment_that_the_database_refuses_is_logged_shown_and_tried_again() {
    let world = World::start();
    let refuse =
        "CREATE TABLE stock (slug TEXT, n INTEGER CHECK (n >= 0)) STRICT; INSERT INTO stock VALUES ('cafe', 0);
                  CREATE TRIGGER one_less AFTER INSERT ON payments BEGIN
                      UPDATE stock SET n = n - 1 WHERE slug = (SELECT slug FROM orders WHERE id = NEW.order_id); END;";
    world.database().execute_batch(refuse).unwrap();
    let order = world.order("cafe");
    world.customer_submits(&order, "paid");
    world.wait_for(&order, "delayed");
    let page = world.merchant("/marchand").as_str().unwrap().to_owned();
    assert!(page.contains("Payées, mais pas enregistrées") && page.contains("CHECK constraint failed"), "{page}");
    let page = world.get(&format!("/commandes/{}", order.reference), "");
    assert!(page.as_str().unwrap().contains("votre paiement n’est pas perdu"), "{page:?}");
    thread::sleep(Duration::from_secs(2));
    let log = world.log();
    assert_eq!(log.matches(&format!("paid, but not stored yet: token {}", order.token)).count(), 1, "{log}");
    // Another order is not held up.
    let other = world.order("lampe");
    world.customer_submits(&other, "paid");
    world.wait_for(&other, "paid");
    world.database().execute("UPDATE stock SET n = 1", []).unwrap();
    world.wait_for(&order, "paid");
    let page = world.merchant("/marchand").as_str().unwrap().to_owned();
    assert!(!page.contains("pas enregistrées") && !page.contains("CHECK"), "{page}");
}

/// A backup is put in the place of the database, which had more orders.
#[test]
fn after_a_restored_backup_no_number_is_given_again_and_a_lost_payment_is_named() {
    let mut world = World::start();
    let kept = world.order("cafe");
    let copy = world.directory().join("copy.db");
    assert!(program().arg("backup").arg(world.directory().join("shop.db")).arg(&copy).status().unwrap().success());
    let lost = world.order("iphone");
    world.stop();
    fs::rename(copy, world.directory().join("shop.db")).unwrap();
    thread::sleep(Duration::from_millis(2_100));
    world.start_again();
    let next = world.order("lampe");
    assert!(kept.id < lost.id && lost.id < next.id, "{} {} {}", kept.id, lost.id, next.id);
    // Its callback finds no order, and its payment is found nevertheless.
    world.customer_submits(&lost, "paid");
    let named = || world.merchant("/marchand").as_str().unwrap().contains(&lost.token);
    wait_until("the lost payment is named", named);
    assert_eq!(world.paid(), [""; 0]);
    world.change(&format!("change=noter&token={}", lost.token));
    assert!(!named());
    // A forged callback is checked once, and forgotten.
    let checks = world.checks();
    assert_eq!(world.callback("940d4e9aab5797e6055e1259b84a9875", true, "SUCCESS").status_code, 404);
    wait_until("the forged token is checked", || world.checks() >= checks + 2);
    let strays = || world.database().query_row("SELECT COUNT(*) FROM strays", [], |row| row.get::<_, u32>(0)).unwrap();
    wait_until("the forged token is forgotten", || strays() == 0);
}

#[test]
fn a_paid_order_that_is_not_delivered_is_named_after_two_days_and_exported() {
    let world = World::start();
    let (order, open) = (world.order("cafe"), world.order("lampe"));
    world.customer_submits(&order, "paid");
    world.wait_for(&order, "paid");
    let named = || world.merchant("/marchand").as_str().unwrap().contains("depuis plus de deux jours");
    assert!(!named());
    let age = "UPDATE payments SET paid_at = paid_at - 49 * 60 * 60 * 1000";
    world.database().execute(age, []).unwrap();
    assert!(named());
    let export = || world.merchant("/marchand/commandes.csv").as_str().unwrap().to_owned();
    let lines: Vec<String> = export().lines().map(str::to_owned).collect();
    assert_eq!(lines[0], "order,token,amount,date");
    assert!(lines[1].starts_with(&format!("{},\"{}\",7500,20", order.id, order.token)), "{lines:?}");
    assert!(lines[2].starts_with(&format!("{},\"{}\",24000,20", open.id, open.token)), "{lines:?}");
    world.change(&format!("order={}&change=livrer", order.id));
    assert!(!named() && !export().contains(&order.token));
}

/// TIMEOUT is announced, the customer tries again and pays, and then the first payment succeeds too.
#[test]
fn an_order_that_is_paid_twice_is_named_before_either_is_delivered() {
    let world = World::start();
    let first = world.order("lampe");
    assert_eq!(world.callback(&first.token, false, "TIMEOUT").status_code, 200);
    world.wait_for(&first, "timed-out");
    let again = world.post(&format!("/commandes/{}/recommencer", first.reference), "price=24000");
    let token = header(&again, "location").rsplit('/').next().unwrap().to_owned();
    let second = world.ordered(&token, first.cookie.clone());
    world.customer_submits(&second, "paid");
    world.wait_for(&second, "paid");
    let says = || world.merchant("/marchand").as_str().unwrap().contains("Payée deux fois&nbsp;: ");
    assert!(!says());
    world.customer_submits(&first, "paid");
    world.wait_for(&first, "paid");
    assert_eq!(world.paid().len(), 2, "both are kept");
    assert!(says());
    let page = world.merchant("/marchand");
    for number in [first.number(), second.number()] {
        assert!(page.as_str().unwrap().contains(&format!("{number} remboursée")), "{page:?}");
    }
    world.change(&format!("order={}&change=rembourser", first.id));
    assert!(!says());
    world.change(&format!("order={}&change=livrer", first.id));
    assert_eq!(world.state(&first), "refunded", "a refunded order is not delivered");
    world.change(&format!("order={}&change=annuler", first.id));
    assert!(says());
    world.change(&format!("order={}&change=livrer", second.id));
    assert!(says(), "one is delivered, and the other still to be refunded");
}

/// The shop was off for ten hours, the clock is three days behind, a dozen has paid, and no callback came.
#[test]
fn after_an_outage_all_open_orders_are_checked_at_once_the_newest_first() {
    let mut world = World::start();
    let orders: Vec<Ordered> = (0..12).map(|_| world.order("cafe")).collect();
    world.kill();
    let sql =
        "UPDATE orders SET ordered_at = ordered_at + 3 * 24 * 60 * 60 * 1000 - id * 1000000, sent_at = sent_at + 10,
                                 not_paid_at = sent_at + 5, asked = 90000000, due = 90000000, checks = 20";
    world.database().execute(sql, []).unwrap();
    let old = "WITH RECURSIVE series (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM series WHERE value < 100000)
               INSERT INTO orders (id, reference, form_key, slug, label, details, amount, name, phone, ordered_at, token, due)
               SELECT value, value, value, 'cafe', 'Café', '', 1, '', '06', 0, 'old-' || value, 0 FROM series";
    world.database().execute(old, []).unwrap();
    for order in &orders {
        world.sandbox.settle(&order.token, Settlement::Paid);
    }
    world.start_again();
    let start = Instant::now();
    wait_until("all are paid", || world.paid().len() == orders.len());
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn nobody_pays_another_price_than_the_button_named() {
    let world = World::start();
    let set =
        |price: u32| world.database().execute("UPDATE products SET amount = ?1 WHERE slug = 'cafe'", [price]).unwrap();
    set(8_000);
    for form in ["phone=066304925", "phone=066304925&price=", "phone=066304925&price=7500"] {
        let answer = world.post("/produits/cafe", form);
        assert_eq!(answer.status_code, 409, "{form}");
        let page = answer.as_str().unwrap();
        assert!(page.contains("Le prix de cet article a changé") && page.contains("8\u{202f}000"), "{page}");
    }
    assert!(world.sandbox.payments().is_empty());
    let order = world.order_with("cafe", "phone=066304925&price=8000", "");
    world.customer_submits(&order, "failed");
    world.wait_for(&order, "failed");
    set(9_000);
    let path = format!("/commandes/{}", order.reference);
    let again = || header(&world.post(&format!("{path}/recommencer"), "price=8000"), "location").to_owned();
    assert_eq!(again(), path);
    let page = || world.get(&path, "").as_str().unwrap().to_owned();
    assert!(page().contains("il est maintenant de 9\u{202f}000") && page().contains(r#"value="9000""#), "{}", page());
    world.database().execute("DELETE FROM products WHERE slug = 'cafe'", []).unwrap();
    assert_eq!(again(), path);
    assert!(page().contains("n’est plus en vente") && !page().contains("<button"), "{}", page());
    let gone = world.post("/produits/cafe", "phone=066304925&price=9000");
    assert!(gone.status_code == 404 && gone.as_str().unwrap().contains("n’est plus en vente"), "{gone:?}");
    assert_eq!(world.sandbox.payments().len(), 1);
}

#[test]
fn a_failure_whose_callback_is_lost_is_no_dead_end() {
    let world = World::start();
    let order = world.order("cafe");
    world.wait_for_not_paid(&order);
    assert_eq!(world.state(&order), "pending");
    world.age(&order, Duration::from_secs(61));
    world.wait_for(&order, "late");
    let path = format!("/commandes/{}", order.reference);
    let page = world.get(&path, "").as_str().unwrap().to_owned();
    for text in ["Vous n’avez pas payé, ou", "Reprendre le paiement", "Recommencer", "Besoin d’aide", &order.number()]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(header(&world.post(&format!("{path}/payer"), ""), "location").ends_with(&order.token));
    assert_eq!(world.state(&order), "pending", "the customer was just sent to pay");
    world.age(&order, Duration::from_secs(61));
    let again = world.post(&format!("{path}/recommencer"), "price=7500");
    assert!(header(&again, "location").contains("/purchase-product/"), "{again:?}");
    assert_eq!(world.sandbox.payments().len(), 2);
}

/// The gateway's own words hold « numéro », and are about the merchant.
#[test]
fn a_refusal_is_the_merchants_problem_whatever_its_words() {
    let refusal =
        r#"{"response":{"API_RESPONSE_CODE":0,"API_RESPONSE_DATA":{"clearMessage":"Numéro de marchand suspendu"}}}"#;
    let gateway = TcpListener::bind("127.0.0.1:0").unwrap();
    let world = World::start_at(&format!("http://{}", gateway.local_addr().unwrap()));
    thread::spawn(move || answer_all(&gateway, refusal));
    let answer = world.post("/produits/cafe", "phone=066304925");
    let page = world.get(header(&answer, "location"), "");
    let text = page.as_str().unwrap();
    assert!(text.contains("Paiement indisponible pour le moment") && !text.contains("suspendu"), "{text}");
    assert!(world.merchant("/marchand").as_str().unwrap().contains("«\u{a0}Numéro de marchand suspendu\u{a0}»"));
    let orders: u32 = world.database().query_row("SELECT COUNT(*) FROM orders", [], |row| row.get(0)).unwrap();
    assert_eq!(orders, 1, "the order is kept");
}

/// A year of an order that nobody pays, with the wait after each check.
#[test]
fn an_abandoned_order_costs_fewer_than_a_hundred_checks_a_year() {
    let world = World::start();
    let order = world.order("cafe");
    let (mut days, mut checks) = (0.0, 0);
    while days < 365.0 && checks < 200 {
        let since = now();
        let due = "UPDATE orders SET due = 0, checks = ?1 WHERE token = ?2";
        world.database().execute(due, rusqlite::params![checks, order.token]).unwrap();
        world.wait_for_not_paid_since(since, &order);
        let wait = "SELECT due - asked FROM orders WHERE token = ?1";
        let wait: f64 = world.database().query_row(wait, [&order.token], |row| row.get(0)).unwrap();
        (days, checks) = (days + wait / 86_400_000.0, checks + 1);
        assert!(wait <= 7.001 * 86_400_000.0, "it is never forgotten");
    }
    assert!((40..100).contains(&checks), "{checks}");
    world.customer_submits(&order, "paid");
    world.wait_for(&order, "paid");
}

#[test]
fn what_a_person_does_by_sql_is_refused_or_right() {
    let world = World::start();
    for slug in ["café", "deux mots", "a/b", "CAFE", ""] {
        let sql = "INSERT INTO products VALUES (?1, 'x', 'x', 1)";
        assert!(world.database().execute(sql, [slug]).is_err(), "{slug:?}");
    }
    let orders = [world.order("cafe"), world.order("lampe")];
    let waiting = |count: u32| {
        let page = world.merchant("/marchand").as_str().unwrap().to_owned();
        page.contains(&format!("<span>En attente</span> <strong>{count}</strong>"))
    };
    assert!(waiting(2));
    world.database().execute("DELETE FROM orders WHERE id = ?1", [orders[0].id]).unwrap();
    assert!(waiting(1));
}

/// Nobody learns from the log how to see an order, nor from the page of a shared computer who ordered.
#[test]
fn neither_the_log_nor_the_page_tells_what_it_should_not() {
    let world = World::start();
    let order = world.order("cafe");
    let page = world.get(&format!("/commandes/{}", order.reference), &order.cookie);
    let page = page.as_str().unwrap();
    assert!(!page.contains("Kanza") && !page.contains("06\u{a0}630") && !page.contains("066304925"), "{page}");
    let locked = world.database();
    locked.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(world.post(&format!("/commandes/{}/payer", order.reference), "").status_code, 503);
    drop(locked);
    let log = world.log();
    assert!(log.contains("database") && !log.contains(&order.reference), "{log}");
}
