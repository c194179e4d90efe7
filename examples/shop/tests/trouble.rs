//! What goes wrong around a shop: nothing is lost that was paid, and nothing is said that is not known.
#![cfg(unix)]

mod support;

use std::fs::{self, Permissions};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::DEMO_SECRET_KEY;
use ekolopay_sandbox::Settlement::Paid;
use support::{GUESS, PROGRAM, Shop, at_once, program, send, wait_until};

/// A command that runs the program, called `"$@"`, with a shell's limits.
fn limited(script: &str) -> Command {
    let mut shell = program("bash");
    shell.args(["-c", script, "bash", PROGRAM]);
    shell
}

/// It was killed before the callbacks came, and the clock was set back by hours: what it stored last lies in the future.
#[test]
fn after_an_outage_every_payment_is_found_at_once_the_newest_first() {
    let mut shop = Shop::start();
    let orders: Vec<_> = (0..12).map(|_| shop.order("cafe")).collect();
    shop.end_by("KILL");
    let later = "3600000 * CASE id % 3 WHEN 0 THEN 1 WHEN 1 THEN 12 ELSE 72 END";
    shop.sql(&format!(
        "UPDATE orders SET ordered_at = ordered_at + {later}, sent_at = sent_at + {later}, due = due + {later},
                           asked = {later}, not_paid_at = sent_at + {later}, checks = 30"
    ));
    shop.add_old_orders(100_000);
    assert!(orders.iter().all(|order| shop.gateway.settle(&order.token, Paid) == Some(true)));
    shop.start_again();
    wait_until("all are paid", || shop.paid().len() == 12);
    // The old ones are still being checked: an order that somebody waits for comes first.
    shop.pays(&shop.order("lampe"));
    // It does not start with an empty database in place of one that is gone, beside a log that may hold the last orders.
    shop.end_by("KILL");
    fs::remove_file(shop.file()).unwrap();
    let started = catch_unwind(AssertUnwindSafe(|| shop.start_again()));
    assert!(started.is_err() && shop.log().contains("is gone, and"), "{}", shop.log());
}

#[test]
fn while_the_gateway_is_out_of_service_orders_are_kept_and_it_is_asked_less_often() {
    let shop = Shop::start();
    let orders: Vec<_> = (0..40).map(|_| shop.order("cafe")).collect();
    shop.gateway.set_in_service(false);
    let checks = shop.checks();
    assert_eq!(shop.callback(&orders[0].token, "SUCCESS").status, 200);
    shop.wait_for(&orders[0], "delayed");
    shop.get(&orders[0].path, &[]).shows(&["votre paiement n’est pas perdu"]);
    let path = shop.submit("lampe", "phone=066304925", &[]).location;
    shop.get(&path, &[]).shows(&["Rien n’a été débité"]);
    thread::sleep(Duration::from_secs(6));
    let during = shop.checks() - checks;
    assert!((1..=20).contains(&during), "each thread rests for longer and longer: {during}");
    shop.gateway.set_in_service(true);
    shop.pays(&orders[0]);
    let clicks = at_once(8, || shop.post(&format!("{path}/payer"), "", &[]).location);
    let token = shop.value::<String>("SELECT token FROM orders WHERE slug = 'lampe'");
    assert!(clicks.iter().all(|location| location.ends_with(&token)), "many clicks make one token: {clicks:?}");
}

/// Another program holds the lock while the gateway's answer comes.
#[test]
fn a_locked_database_delays_a_payment_and_no_page_says_what_is_not_known() {
    let shop = Shop::with(|gateway| gateway.latency(Duration::from_millis(300)));
    let order = shop.order("cafe");
    wait_until("the check of the start is over", || shop.checks() == 3);
    shop.gateway.settle(&order.token, Paid);
    wait_until("the order is being checked", || shop.checks() == 4);
    let lock = shop.database();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let start = Instant::now();
    for path in ["/", "/produits/cafe", &order.path, "/payment-status"] {
        let answer = shop.get(path, &[("Cookie", &order.cookie)]);
        assert!([200, 303].contains(&answer.hides(&["débité"]).status), "{path}");
    }
    assert_eq!(at_once(30, || shop.callback(&order.token, "SUCCESS").status), [503; 30]);
    assert!(start.elapsed() < Duration::from_secs(8), "the waits of many do not add up: {:?}", start.elapsed());
    // Only here it is known: this order has no token.
    let answer = shop.submit("lampe", "phone=066304925", &[]);
    assert_eq!((answer.shows(&["rien n’a été débité"]).status, shop.gateway.payments().len()), (503, 1));
    let log = shop.log();
    assert!(log.contains("database") && !log.contains(&order.path[11..]), "the log leads nobody to an order: {log}");
    drop(lock);
    let start = Instant::now();
    shop.wait_for(&order, "paid");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
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
    shop.merchant("").shows(&["Payées, mais pas enregistrées", "CHECK constraint failed"]);
    thread::sleep(Duration::from_secs(2));
    let logged = shop.log().matches(&format!("paid, but not stored yet: token {}", order.token)).count();
    assert_eq!(logged, 1, "not at each attempt: {}", shop.log());
    shop.sql("UPDATE stock SET n = 1; CREATE TRIGGER no BEFORE INSERT ON payments BEGIN SELECT RAISE(IGNORE); END");
    wait_until("it is ignored", || shop.log().contains("Query returned no rows"));
    shop.sql("DROP TRIGGER no");
    shop.wait_for(&order, "paid");
    shop.merchant("").hides(&["pas enregistrées", "CHECK"]);
}

/// The database cannot grow, as on a full disk.
#[test]
fn a_customer_whose_token_cannot_be_stored_is_not_sent_to_pay() {
    let mut shop = Shop::start();
    assert!(shop.end_by("INT"));
    shop.start_by(limited(r#"trap "" XFSZ; ulimit -f 700; exec "$@""#));
    shop.gateway.set_in_service(false);
    let order = || shop.submit("cafe", "phone=066304925", &[]);
    let paths: Vec<_> = (0..10).map(|_| order().location).collect();
    shop.gateway.set_in_service(true);
    wait_until("the database is full", || order().status == 503);
    let pay = |path: &String| shop.post(&format!("{path}/payer"), "", &[]);
    // A small write may still fit: those who are sent to pay have an order with the token.
    let sent = paths.iter().map(pay).filter(|answer| answer.hides(&["débité"]).status == 303);
    let sent: Vec<_> = sent.map(|answer| shop.ordered(&answer)).collect();
    assert!(sent.len() < paths.len());
}

/// A wrong key, and an account that is suspended, where the gateway's words hold « Numéro ».
#[test]
fn what_the_gateway_refuses_is_told_to_the_merchant_and_not_blamed_on_the_customer() {
    let suspended = ["refuse la demande", "«\u{a0}Numéro de marchand suspendu.\u{a0}»"];
    for (key, phone, words) in [
        ("another key", "066304925", ["refuse vos identifiants", "secret_key"]),
        (DEMO_SECRET_KEY, "060000012", suspended),
    ] {
        let shop = Shop::with(|gateway| gateway.secret_key(key));
        let page = shop.get(&shop.submit("cafe", &format!("phone={phone}"), &[]).location, &[]);
        page.shows(&["Paiement indisponible pour le moment", "Rien n’a été débité", "Payer"]).hides(&words);
        shop.merchant("").shows(&words);
        assert_eq!(shop.value::<i64>("SELECT COUNT(*) FROM orders"), 1, "the order is kept");
    }
}

/// Some gateways answer a repeated order with the token that they gave before.
#[test]
fn a_token_that_another_order_has_leads_to_that_order_or_to_a_clear_page() {
    let shop = Shop::with(|gateway| gateway.same_token(true));
    let first = shop.order("cafe");
    let again = |browser: &[(&str, &str)]| shop.submit("cafe", "phone=066304925&name=Kanza&again=1", browser);
    let sorry = |browser: &[(&str, &str)]| {
        let page = shop.get(&again(browser).location, browser);
        page.shows(&["ne peut pas être payée pour le moment", "confond cette commande", "citez la commande"]);
        page
    };
    assert_eq!(again(&[("Cookie", &first.cookie)]).token(), Some(&*first.token));
    // A stranger with the same number and article does not get the customer's order.
    sorry(&[]);
    shop.merchant("?filtre=verifier").shows(&[&format!("le token de la commande {}", first.number)]);
    // « Réessayer » must not lead back to an order that failed, nor to one that is paid.
    shop.callback(&first.token, "FAILED");
    shop.wait_for(&first, "failed");
    sorry(&[("Cookie", &first.cookie)]);
    shop.pays(&first);
    sorry(&[("Cookie", &first.cookie)]).shows(&["cette commande-là est payée"]).hides(&["<button"]);
}

/// The copy is whole and private, and older than the last order, under way while the shop is stopped.
#[test]
fn after_a_restored_backup_no_number_is_given_again_and_a_lost_payment_is_named() {
    let mut shop = Shop::with(|gateway| gateway.latency(Duration::from_millis(500)));
    let (kept, elsewhere) = (shop.order("cafe"), tempfile::tempdir().unwrap());
    let (folder, copy) = (shop.file().parent().unwrap().to_owned(), elsewhere.path().join("copy.db"));
    let backup = |name: &str, to: &Path| {
        let (mut program, from) = (program(PROGRAM), folder.join(name));
        program.arg("backup").arg(from).arg(to).status().unwrap().success()
    };
    assert!(backup("shop.db", &copy) && !backup("shop.db", &copy), "a copy is never overwritten");
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let other = elsewhere.path().join("other.db");
    fs::write(folder.with_file_name("empty"), "").unwrap();
    assert!(!backup("../empty", &other) && !backup("nothing", &other));
    let form = minreq::post(format!("{}/produits/iphone", shop.origin)).with_body("phone=066304925&price=150000");
    let ordering = thread::spawn(|| send(form, &[]).unwrap());
    thread::sleep(Duration::from_millis(300));
    assert!(shop.end_by("TERM"));
    let lost = shop.ordered(&ordering.join().unwrap());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "a stopped shop leaves one file");
    // Only root can write there now.
    fs::set_permissions(&folder, Permissions::from_mode(0o500)).unwrap();
    assert!(backup("shop.db", &other), "and a failure has left no file");
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    fs::rename(copy, shop.file()).unwrap();
    thread::sleep(Duration::from_millis(2_100));
    shop.start_again();
    let next = shop.order("lampe");
    assert_eq!(shop.state(&kept), "pending");
    assert!(kept.id < lost.id && lost.id < next.id, "{} {} {}", kept.id, lost.id, next.id);
    shop.gateway.settle(&lost.token, Paid);
    wait_until("the lost payment is named", || shop.merchant("").text.contains(&lost.token));
    assert!(shop.paid().is_empty(), "nothing goes by number");
    shop.merchant_sends(&format!("change=noter&token={}", lost.token));
    shop.merchant("").hides(&[&lost.token]);
}

/// Nobody reads its log, it has few descriptors, and its clients speak strangely.
#[test]
fn a_shop_that_nobody_watches_goes_on() {
    let mut shop = Shop::start();
    shop.start_by(limited(r#"ulimit -n 64; exec "$@" 2> >(exec true)"#));
    let address = shop.origin.trim_start_matches("http://");
    let crowd: Vec<_> = (0..100).map_while(|_| TcpStream::connect(address).ok()).collect();
    thread::sleep(Duration::from_millis(500));
    drop(crowd);
    for request in ["CONNECT x", "GET mailto:x", "GET http://a/b", "GET //%00/", "\0"] {
        let answer = shop.raw(format!("{request} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 4"), "{request}: {answer}");
    }
    assert_eq!(shop.get("/marchand", &[GUESS]).status, 401, "it logs the guess");
    shop.pays(&shop.order("cafe"));
}
