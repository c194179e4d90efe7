//! Where a shop can be wrong about money, or silent: a lost callback, paid twice, another price, paid and not delivered.

mod support;

use std::fs;
use std::thread;
use std::time::Duration;

use ekolopay_sandbox::Settlement::{Failed, Paid};
use support::{Order, PROGRAM, Shop, program, wait_until};

/// In milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// The customer's telephone number tells the sandbox how the payment ends.
#[test]
fn however_a_payment_ends_the_shop_knows_it() {
    let shop = Shop::start();
    let ends = [
        ("060000001", "paid"),
        ("060000002", "paid"),
        ("060000003", "failed"),
        ("060000004", "rejected"),
        ("060000005", "timed-out"),
        ("060000006", "paid"),    // and no callback comes
        ("060000007", "paid"),    // with two callbacks
        ("060000008", "paid"),    // with a late one
        ("060000009", "paid"),    // though a timeout was announced
        ("060000010", "pending"), // though a callback says paid
        ("060000011", "pending"),
    ];
    let orders = ends.map(|(phone, state)| (shop.order_with("cafe", &format!("phone={phone}")), state, phone));
    wait_until("all paid orders are known", || shop.paid().len() == 6);
    for (order, state, phone) in orders {
        assert_eq!(shop.state(&order), state, "{phone}");
    }
}

/// It is not taken for one that was stored before.
#[test]
fn a_payment_that_the_merchants_own_table_refuses_is_logged_shown_and_tried_again() {
    let shop = Shop::start();
    shop.sql(
        "CREATE TABLE stock (slug TEXT, n INTEGER CHECK (n >= 0)) STRICT; INSERT INTO stock VALUES ('cafe', 0);
         CREATE TRIGGER one_less AFTER INSERT ON payments BEGIN
             UPDATE stock SET n = n - 1 WHERE slug = (SELECT slug FROM orders WHERE id = NEW.order_id); END;",
    );
    let order = shop.order("cafe");
    shop.gateway.settle(&order.token, Paid);
    shop.wait_for(&order, "delayed");
    shop.get(&order.path).shows(&["votre paiement n’est pas perdu"]);
    shop.merchant("").shows(&["Payées, mais pas enregistrées", "CHECK constraint failed"]);
    thread::sleep(Duration::from_secs(2));
    let logged = format!("paid, but not stored yet: token {}", order.token);
    assert_eq!(shop.log().matches(&logged).count(), 1, "{}", shop.log());
    shop.pays(&shop.order("lampe"));
    shop.sql("UPDATE stock SET n = 1");
    shop.wait_for(&order, "paid");
    shop.merchant("").hides(&["pas enregistrées", "CHECK"]);
}

/// The backup is older than an order that is paid then.
#[test]
fn after_a_restored_backup_no_number_is_given_again_and_a_lost_payment_is_named() {
    let mut shop = Shop::start();
    let (kept, copy) = (shop.order("cafe"), shop.file().with_file_name("copy.db"));
    assert!(program(PROGRAM).arg("backup").arg(shop.file()).arg(&copy).status().unwrap().success());
    let lost = shop.order("iphone");
    shop.signal("TERM");
    shop.ends();
    fs::rename(copy, shop.file()).unwrap();
    thread::sleep(Duration::from_millis(2_100));
    shop.start_again();
    let next = shop.order("lampe");
    assert!(kept.id < lost.id && lost.id < next.id, "{} {} {}", kept.id, lost.id, next.id);
    shop.gateway.settle(&lost.token, Paid);
    wait_until("the lost payment is named", || shop.merchant("").text.contains(&lost.token));
    assert!(shop.paid().is_empty(), "nothing goes by number");
    shop.merchant_sends(&format!("change=noter&token={}", lost.token));
    shop.merchant("").hides(&[&lost.token]);
    // A forged token is checked once, and forgotten.
    let checks = shop.checks();
    shop.callback("940d4e9aab5797e6055e1259b84a9875", "SUCCESS");
    let strays = || shop.value::<i64>("SELECT COUNT(*) FROM strays");
    wait_until("it is checked and forgotten", || shop.checks() >= checks + 2 && strays() == 0);
}

/// A timeout is announced, the customer tries again and pays, and then the first payment succeeds too.
#[test]
fn an_order_that_is_paid_twice_is_named_before_either_is_delivered() {
    let shop = Shop::start();
    let (first, twice) = (shop.order("lampe"), "Payée deux fois&nbsp;: ");
    shop.callback(&first.token, "TIMEOUT");
    shop.wait_for(&first, "timed-out");
    let says = ["Votre paiement n’a pas abouti", "Réessayer le paiement&nbsp;: 24", "Causes fréquentes", &first.number];
    shop.get(&first.path).shows(&says);
    let [second, same] = [(); 2].map(|()| shop.ordered(&shop.press("recommencer", &first)));
    assert!(second.token == same.token && second.token != first.token, "a double click is one order");
    shop.pays(&second);
    shop.merchant("").hides(&[twice]);
    shop.pays(&first);
    let refunded = |order: &Order| format!("{} remboursée", order.number);
    shop.merchant("").shows(&[twice, &refunded(&first), &refunded(&second)]);
    shop.merchant_presses("rembourser", &first);
    shop.merchant("").hides(&[twice]);
    shop.merchant_presses("livrer", &first);
    assert_eq!(shop.state(&first), "refunded", "it is not delivered");
    shop.merchant_presses("annuler", &first);
    shop.merchant_presses("livrer", &second);
    shop.merchant("").shows(&[twice]);
}

#[test]
fn nobody_pays_another_price_than_the_button_named() {
    let shop = Shop::start();
    let order = shop.order("cafe");
    shop.gateway.settle(&order.token, Failed);
    shop.wait_for(&order, "failed");
    shop.sql("UPDATE products SET amount = 8000 WHERE slug = 'cafe'");
    for form in ["phone=066304925", "phone=066304925&price=", "phone=066304925&price=7500"] {
        let answer = shop.post("/produits/cafe", form, &[]);
        assert_eq!(answer.shows(&["Le prix de cet article a changé", "8\u{202f}000"]).status, 409, "{form}");
    }
    assert_eq!(shop.press("recommencer", &order).location(), order.path);
    shop.get(&order.path).shows(&["il est maintenant de 8\u{202f}000", r#"value="8000""#]);
    shop.sql("DELETE FROM products WHERE slug = 'cafe'");
    assert_eq!(shop.press("recommencer", &order).location(), order.path);
    shop.get(&order.path).shows(&["n’est plus en vente"]).hides(&["<button"]);
    shop.post("/produits/cafe", "phone=066304925&price=8000", &[]).shows(&["n’est plus en vente"]);
    assert_eq!(shop.gateway.payments().len(), 1);
}

#[test]
fn a_failure_whose_callback_is_lost_is_no_dead_end() {
    let shop = Shop::start();
    let order = shop.order("cafe");
    shop.not_paid_after(&order, || assert_eq!(shop.state(&order), "pending"));
    let a_minute_ago = "UPDATE orders SET sent_at = sent_at - 61000";
    shop.sql(a_minute_ago);
    assert_eq!(shop.state(&order), "late");
    let says = ["Vous n’avez pas payé, ou", "Reprendre le paiement", "Recommencer", "Besoin d’aide", &order.number];
    shop.get(&order.path).shows(&says);
    assert!(shop.press("payer", &order).location().ends_with(&order.token));
    assert_eq!(shop.state(&order), "pending", "the customer was just sent to pay");
    shop.sql(a_minute_ago);
    assert_ne!(shop.ordered(&shop.press("recommencer", &order)).token, order.token);
}

#[test]
fn an_abandoned_order_costs_fewer_than_a_hundred_checks_a_year_and_is_never_forgotten() {
    let shop = Shop::start();
    let (order, lost) = (shop.order("cafe"), shop.order_with("lampe", "phone=060000006"));
    shop.sql(&format!("UPDATE orders SET due = {DAY} WHERE id = {}", lost.id));
    let wait = || shop.value::<i64>(&format!("SELECT due - asked FROM orders WHERE id = {}", order.id));
    let (mut year, mut checks) = (0, 0);
    while year < 365 * DAY && checks < 100 {
        let due = format!("UPDATE orders SET due = 0, checks = {checks} WHERE id = {}", order.id);
        shop.not_paid_after(&order, || shop.sql(&due));
        assert!(wait() < 8 * DAY, "{}", wait());
        (year, checks) = (year + wait(), checks + 1);
    }
    assert!((40..100).contains(&checks), "{checks}");
    // Its customer comes back and waits.
    let comes_back = |order: &Order| assert_eq!(shop.get_with("/payment-status", &order.browser()).status, 303);
    shop.not_paid_after(&order, || comes_back(&order));
    assert!((5_000..6_000).contains(&wait()), "{}", wait());
    // A late payment is found by its callback, or by a visit.
    shop.pays(&order);
    assert_eq!(shop.state(&lost), "pending");
    comes_back(&lost);
    shop.wait_for(&lost, "paid");
}
