//! What goes wrong around a shop: its computer, its database, its gateway. Nothing is lost that was paid, and nothing is said
//! that is not known.

mod support;

use std::fs::{self, Permissions};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::DEMO_SECRET_KEY;
use ekolopay_sandbox::Settlement::Paid;
use rusqlite::Connection;
use support::{GUESS, PASSWORD, PROGRAM, Shop, at_once, program, wait_until};

/// Killed before the callbacks came, it was off while people paid, and the clock was set back: what it stored last lies in
/// the future.
#[test]
fn after_an_outage_every_payment_is_found_at_once_the_newest_first() {
    let mut shop = Shop::start();
    let orders = [1, 12, 48, 72].repeat(3).into_iter().map(|hours| (hours, shop.order("cafe"))).collect::<Vec<_>>();
    let failed = shop.order("lampe");
    shop.kill();
    shop.add_old_orders(100_000);
    for (hours, order) in &orders {
        let (later, id) = (hours * 60 * 60 * 1000, order.id);
        shop.sql(&format!(
            "UPDATE orders SET ordered_at = ordered_at + {later}, sent_at = sent_at + {later}, due = due + {later},
                               asked = {later}, not_paid_at = sent_at + {later}, checks = 30 WHERE id = {id}"
        ));
        shop.gateway.settle(&order.token, Paid);
    }
    shop.sql(&format!("UPDATE orders SET claim = 'FAILED', asked = due + 90000000 WHERE id = {}", failed.id));
    shop.start_again();
    wait_until("all are paid", || shop.paid().len() == orders.len());
    shop.wait_for(&failed, "failed");
    // The old ones are still being checked: whoever waits for an order comes first.
    shop.pays(&shop.order("pagne"));
    shop.kill();
    shop.start_again();
    assert_eq!(shop.paid().len(), orders.len() + 1);
}

#[test]
fn while_the_gateway_is_out_of_service_orders_are_kept_and_it_is_asked_less_often() {
    let shop = Shop::start();
    let orders: Vec<_> = (0..6).map(|_| shop.order("cafe")).collect();
    shop.gateway.set_in_service(false);
    let checks = shop.checks();
    assert_eq!(shop.callback(&orders[0].token, "SUCCESS").status, 200);
    shop.wait_for(&orders[0], "delayed");
    shop.get(&orders[0].path).shows(&["votre paiement n’est pas perdu"]);
    let path = shop.submit("lampe", "phone=066304925", &[]).location().to_owned();
    shop.get(&path).shows(&["Rien n’a été débité"]);
    thread::sleep(Duration::from_secs(10));
    // Once in five seconds for each thread, and what had already started.
    let during = shop.checks() - checks;
    assert!((1..=16).contains(&during), "{during}");
    shop.gateway.set_in_service(true);
    shop.pays(&orders[0]);
    let clicks = at_once(8, || shop.post(&format!("{path}/payer"), "", &[]).location().to_owned());
    let token = shop.value::<String>(&format!("SELECT token FROM orders WHERE '/commandes/' || reference = '{path}'"));
    assert!(clicks.iter().all(|location| location.ends_with(&token)), "many clicks make one token: {clicks:?}");
}

/// Another program holds the lock while the gateway's answer comes.
#[test]
fn a_locked_database_delays_a_payment_and_no_page_says_what_is_not_known() {
    let shop = Shop::with(|gateway| gateway.latency(Duration::from_millis(300)));
    let order = shop.order("cafe");
    wait_until("the start's check is over", || shop.checks() == 3);
    shop.gateway.settle(&order.token, Paid);
    wait_until("the order is being checked", || shop.checks() == 4);
    let lock = shop.database();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    for path in ["/", "/produits/cafe", &order.path, "/payment-status"] {
        let start = Instant::now();
        let answer = shop.get_with(path, &order.browser());
        assert!([200, 303].contains(&answer.hides(&["débité"]).status), "{path}");
        assert!(start.elapsed() < Duration::from_secs(3), "{path}: {:?}", start.elapsed());
    }
    // The waits of many do not add up.
    let start = Instant::now();
    let answers = at_once(30, || shop.callback(&order.token, "SUCCESS"));
    assert!(answers.iter().all(|answer| (answer.status, answer.header("retry-after")) == (503, "5")));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    // Only here it is known: this order has no token.
    let answer = shop.submit("lampe", "phone=066304925", &[]);
    assert_eq!((answer.shows(&["rien n’a été débité"]).status, shop.gateway.payments().len()), (503, 1));
    drop(lock);
    let start = Instant::now();
    shop.wait_for(&order, "paid");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

/// The database cannot grow, as on a full disk.
#[test]
fn a_customer_whose_token_cannot_be_stored_is_not_sent_to_pay() {
    let shop = Shop::by_command(r#"trap "" XFSZ; ulimit -f 700; exec "$@""#);
    shop.gateway.set_in_service(false);
    let order = || shop.submit("cafe", "phone=066304925", &[]);
    let paths: Vec<_> = (0..10).map(|_| order().location().to_owned()).collect();
    shop.gateway.set_in_service(true);
    wait_until("the database is full", || order().status == 503);
    let sent = paths.iter().filter(|path| {
        let answer = shop.post(&format!("{path}/payer"), "", &[]);
        let kept = format!("SELECT COUNT(token) FROM orders WHERE '/commandes/' || reference = '{path}'");
        // A small write may still fit.
        assert_eq!(answer.hides(&["débité"]).status == 303, shop.value::<i64>(&kept) == 1, "{}", answer.text);
        answer.status == 303
    });
    assert!(sent.count() < paths.len());
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
        let page = shop.get(shop.submit("cafe", &format!("phone={phone}"), &[]).location());
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
    let confused = |browser: &[(&str, &str)]| {
        let page = shop.get_with(again(browser).location(), browser);
        let says =
            ["ne peut pas être payée pour le moment", "confond cette commande avec une autre", "numéro de commande"];
        page.shows(&says).text.clone()
    };
    assert!(again(&first.browser()).location().ends_with(&first.token));
    // A stranger with the same number and article does not get the customer's order.
    confused(&[]);
    shop.merchant("?filtre=verifier").shows(&[&format!("le token de la commande {}", first.number)]);
    // « Réessayer » must not lead back to an order that failed, nor to one that is paid.
    shop.callback(&first.token, "FAILED");
    shop.wait_for(&first, "failed");
    confused(&first.browser());
    shop.pays(&first);
    let page = confused(&first.browser());
    assert!(page.contains("cette commande-là est payée") && !page.contains("<button"), "{page}");
}

#[test]
fn a_stopped_shop_finishes_what_is_under_way_and_leaves_one_file() {
    for signal in ["TERM", "INT"] {
        let mut shop = Shop::with(|gateway| gateway.latency(Duration::from_millis(500)));
        let order = shop.order("cafe");
        thread::scope(|scope| {
            let ordering = scope.spawn(|| shop.submit("lampe", "phone=066304925", &[]));
            thread::sleep(Duration::from_millis(300));
            shop.signal(signal);
            assert_eq!(ordering.join().unwrap().status, 303, "the order under way gets its token");
        });
        shop.ends();
        assert_eq!(fs::read_dir(shop.file().parent().unwrap()).unwrap().count(), 1);
        assert_eq!(shop.value::<i64>("SELECT COUNT(token) FROM orders"), 2);
        shop.start_again();
        assert_eq!(shop.state(&order), "pending");
    }
}

#[test]
fn a_backup_of_a_running_or_stopped_shop_is_one_whole_private_file() {
    let mut shop = Shop::start();
    let order = shop.order("cafe");
    let (folder, elsewhere) = (shop.file().parent().unwrap().to_owned(), tempfile::tempdir().unwrap());
    let backup = |from: &str, name: &str| {
        let copy = elsewhere.path().join(name);
        let status = program(PROGRAM).arg("backup").arg(folder.join(from)).arg(&copy).status().unwrap();
        let token =
            || Connection::open(copy).unwrap().query_one("SELECT token FROM orders", [], |row| row.get(0)).unwrap();
        status.success().then(token)
    };
    let whole = Some(order.token);
    assert_eq!((backup("shop.db", "1"), backup("shop.db", "1")), (whole.clone(), None), "nothing is overwritten");
    for file in [folder.join("shop.db"), folder.join("shop.db-wal"), elsewhere.path().join("1")] {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
    fs::write(folder.join("empty"), "").unwrap();
    assert_eq!((backup("empty", "2"), backup("nothing", "2")), (None, None));
    shop.signal("TERM");
    shop.ends();
    // Only root can write there now.
    fs::set_permissions(&folder, Permissions::from_mode(0o500)).unwrap();
    assert_eq!(backup("shop.db", "2"), whole, "a failure has left no file");
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_start_that_cannot_work_says_why_and_makes_no_database() {
    let mut shop = Shop::start();
    shop.kill();
    fs::remove_file(shop.file()).unwrap();
    let start = |password: &str, file: &str| {
        let mut program = program(PROGRAM);
        program.args(["--listen", "127.0.0.1:0", "--live"]).arg(shop.file().with_file_name(file));
        program.env("EKOLOPAY_API_CLIENT", "demo").env("EKOLOPAY_SECRET_KEY", DEMO_SECRET_KEY);
        let ended = program.env("SHOP_PASSWORD", password).env("EKOLOPAY_ORIGIN", &shop.origin).output().unwrap();
        assert!(!ended.status.success() && !shop.file().with_file_name(file).exists());
        String::from_utf8(ended.stderr).unwrap()
    };
    // The log beside it may hold the last orders.
    assert!(start(PASSWORD, "shop.db").contains("is gone, and"));
    for spoilt in ["'a long password'", "a long password\r", "a long\npassword", " a long password", "short", ""] {
        assert!(start(spoilt, "new.db").contains("SHOP_PASSWORD must"), "{spoilt:?}");
    }
}

/// Nobody reads its log, it has few descriptors, and its clients speak strangely.
#[test]
fn a_shop_that_nobody_watches_goes_on() {
    let shop = Shop::by_command(r#"ulimit -n 64; exec "$@" 2> >(exec true)"#);
    let address = shop.origin.trim_start_matches("http://");
    let crowd: Vec<_> = (0..100).map_while(|_| TcpStream::connect(address).ok()).collect();
    thread::sleep(Duration::from_millis(500));
    drop(crowd);
    for request in ["CONNECT x", "GET mailto:x", "GET http://a/b", "GET //%00/", "\0"] {
        let answer = shop.raw(format!("{request} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 4"), "{request}: {answer}");
    }
    assert_eq!(shop.get_with("/marchand", &[GUESS]).status, 401, "it logs the guess");
    shop.pays(&shop.order("cafe"));
}
