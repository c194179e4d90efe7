//! What people do: customers with two tabs, double clicks and every way back, those who pay twice or never, and the merchant.

mod support;

use ekolopay_sandbox::Settlement::Failed;
use support::{MERCHANT, Order, Shop, at_once};

#[test]
fn a_telephone_number_is_cleaned_or_the_form_comes_back_filled_in() {
    let shop = Shop::start();
    // As people copy them, and a form that tries to set another amount.
    for phone in ["%2B242+06.630-49%C2%A025", "tel:066304925", "06%E2%80%AF630+49+25"] {
        let order = shop.ordered(&shop.submit("iphone", &format!("phone={phone}&name=Kanza&amount=1"), &[]));
        let payment = shop.gateway.payments().pop().unwrap();
        assert_eq!((&*payment.token, payment.amount, &*payment.label), (&*order.token, 150_000, "iPhone S"));
        assert_eq!((payment.name.as_deref(), &*payment.phone), (Some("Kanza"), "066304925"));
    }
    for (fields, says, keeps) in [
        ("", "Indiquez le numéro", ""),
        ("phone=+&name=Kanza", "Indiquez le numéro", r#"value="Kanza""#),
        ("phone=06630", "Un numéro valable a neuf chiffres et commence par 0", r#"value="06630""#),
        ("phone=abc&name=%22%3E%3Cscript%3E", "Un numéro valable", r#"value="abc""#),
        (&format!("phone=066304925&name={}", "a".repeat(101)), "trop long", r#"value="066304925""#),
    ] {
        let answer = shop.submit("cafe", fields, &[]);
        answer.shows(&[says, keeps, r#"aria-invalid="true""#]).hides(&["><script>"]);
        assert_eq!(answer.status, 422, "{fields}");
    }
    assert_eq!(shop.value::<i64>("SELECT COUNT(*) FROM orders"), 3);
}

#[test]
fn a_form_that_is_sent_twice_is_one_order_and_two_forms_are_two() {
    let shop = Shop::start();
    let send = |key: &str, phone: &str| {
        let fields = format!("phone={phone}&name=Kanza&key={}", key.repeat(32));
        shop.submit("cafe", &fields, &[]).location
    };
    let clicks = at_once(2, || send("a", "066304925"));
    assert_eq!(clicks[0], clicks[1], "a double click leads to one payment");
    assert_ne!(send("b", "066304925"), clicks[0]);
    assert_ne!(send("a", "055555555"), clicks[0], "a corrected number is another order");
    let key = || shop.get("/produits/cafe", &[]).text.split_once(r#"name="key" value=""#).unwrap().1[..32].to_owned();
    assert_ne!(key(), key(), "every form has a key of its own");
}

#[test]
fn who_comes_back_sees_this_order_first_and_is_asked_for_no_second_payment() {
    let shop = Shop::start();
    let first = shop.order("cafe");
    let browser = &first.browser();
    // A second order of the same article is only made when the customer says so; the first one is offered before.
    let warned = shop.submit("cafe", "phone=066304925", browser);
    let page = &warned.shows(&["Vous avez déjà commandé cet article"]).text;
    assert!(page.find("Reprendre le paiement") < page.find("En commander un autre et payer"), "{page}");
    let second = shop.ordered(&shop.submit("cafe", "phone=066304925&again=1", browser));
    assert_eq!((warned.status, &second.cookie), (409, &first.cookie), "one cookie for all orders");
    let returns = || shop.get("/payment-status", browser).location;
    assert_eq!(returns(), second.path);
    assert!(shop.press("payer", &first).location.ends_with(&first.token), "the token that it has");
    assert_eq!(returns(), first.path, "the one that the customer was sent to pay last");
    let page = shop.get(&first.path, browser).text;
    let (own, others) = page.split_once("Vos autres commandes").unwrap();
    assert!(own.contains("Reprendre le paiement") && others.contains(&second.number), "{page}");
    shop.pays(&first);
    shop.get(&second.path, browser).shows(&["cette commande-là est payée"]).hides(&["<button"]);
    for button in ["payer", "recommencer"] {
        assert_eq!(shop.press(button, &second).location, first.path, "another tab still shows it");
    }
    for path in ["/", "/produits/cafe", "/commandes", &first.path, "/payment-status/rien"] {
        shop.get(path, browser).shows(&[r#"href="/commandes">Vos commandes"#]);
    }
    shop.get("/commandes", browser).shows(&[&first.number, &second.number, "catalogue"]);
}

#[test]
fn a_customer_comes_back_by_every_way_and_after_many_orders() {
    let shop = Shop::start();
    let order = shop.order("cafe");
    assert_eq!(shop.get("/payment-status/", &order.browser()).location, order.path);
    // A form from another site brings no cookie: the browser asks again, with it.
    assert_eq!(shop.post("/payment-status", "status=SUCCESS", &[]).location, "/payment-status");
    let head = b"GET /payment-status HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nCookie: pr\xe9nom=\xe9; ";
    let answer = shop.raw(&[head, order.cookie.as_bytes(), b"\r\n\r\n"].concat());
    assert!(answer.contains(&order.path), "{answer}");
    for _ in 0..170 {
        let another = shop.ordered(&shop.submit("lampe", "phone=066304925&again=1", &order.browser()));
        assert!(another.cookie == order.cookie && order.cookie.len() < 100);
    }
    let list = shop.get("/commandes", &order.browser()).text;
    assert_eq!(list.matches("Voir la commande").count(), 20);
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
    assert_eq!(shop.press("recommencer", &order).location, order.path);
    shop.get(&order.path, &[]).shows(&["il est maintenant de 8\u{202f}000", r#"value="8000""#]);
    shop.sql("DELETE FROM products WHERE slug = 'cafe'");
    assert_eq!(shop.press("recommencer", &order).location, order.path);
    shop.get(&order.path, &[]).shows(&["n’est plus en vente"]).hides(&["<button"]);
    shop.post("/produits/cafe", "phone=066304925&price=8000", &[]).shows(&["n’est plus en vente"]);
    assert_eq!(shop.gateway.payments().len(), 1);
    // Nor is there an article whose address would not work.
    for slug in ["café", "deux mots", "a/b", "CAFE", ""] {
        let insert = format!("INSERT INTO products VALUES ('{slug}', 'x', 'x', 1)");
        assert!(shop.database().execute_batch(&insert).is_err(), "{slug:?}");
    }
}

/// A timeout is announced, the customer tries again and pays, and then the first payment succeeds too.
#[test]
fn an_order_that_is_paid_twice_is_named_before_either_is_delivered() {
    let shop = Shop::start();
    let (first, twice) = (shop.order("lampe"), "Payée deux fois&nbsp;: ");
    shop.callback(&first.token, "TIMEOUT");
    shop.wait_for(&first, "timed-out");
    let says = ["Votre paiement n’a pas abouti", "Réessayer le paiement&nbsp;: 24", "Causes fréquentes", &first.number];
    shop.get(&first.path, &[]).shows(&says);
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
fn a_failure_whose_callback_is_lost_is_no_dead_end() {
    let shop = Shop::start();
    let order = shop.order("cafe");
    shop.not_paid_after(&order, || assert_eq!(shop.state(&order), "pending"));
    let a_minute_ago = "UPDATE orders SET sent_at = sent_at - 61000";
    shop.sql(a_minute_ago);
    assert_eq!(shop.state(&order), "late");
    let says = ["Vous n’avez pas payé, ou", "Reprendre le paiement", "Recommencer", "Besoin d’aide", &order.number];
    shop.get(&order.path, &[]).shows(&says);
    assert!(shop.press("payer", &order).location.ends_with(&order.token));
    assert_eq!(shop.state(&order), "pending", "the customer was just sent to pay");
    shop.sql(a_minute_ago);
    assert_ne!(shop.ordered(&shop.press("recommencer", &order)).token, order.token);
}

#[test]
fn an_abandoned_order_costs_fewer_than_a_hundred_checks_a_year_and_is_never_forgotten() {
    let (shop, day) = (Shop::start(), 24 * 60 * 60 * 1000);
    let (order, lost) = (shop.order("cafe"), shop.ordered(&shop.submit("lampe", "phone=060000006", &[])));
    shop.sql(&format!("UPDATE orders SET due = {day} WHERE id = {}", lost.id));
    let wait = || shop.value::<i64>(&format!("SELECT due - asked FROM orders WHERE id = {}", order.id));
    let (mut year, mut checks) = (0, 0);
    while year < 365 * day && checks < 100 {
        let due = format!("UPDATE orders SET due = 0, checks = {checks} WHERE id = {}", order.id);
        shop.not_paid_after(&order, || shop.sql(&due));
        assert!(wait() < 8 * day, "{}", wait());
        (year, checks) = (year + wait(), checks + 1);
    }
    assert!((40..100).contains(&checks), "{checks}");
    // Its customer comes back and waits.
    let comes_back = |order: &Order| assert_eq!(shop.get("/payment-status", &order.browser()).status, 303);
    shop.not_paid_after(&order, || comes_back(&order));
    assert!((5_000..6_000).contains(&wait()), "{}", wait());
    // A late payment is found by its callback, or by a visit.
    shop.pays(&order);
    assert_eq!(shop.state(&lost), "pending");
    comes_back(&lost);
    shop.wait_for(&lost, "paid");
}

/// Not another site, someone who reads the log, nor the next person at a shared computer.
#[test]
fn nobody_learns_what_they_should_not_know() {
    let shop = Shop::start();
    let order = shop.order("cafe");
    shop.get(&order.path, &order.browser()).hides(&["Kanza", "06\u{a0}630", "066304925"]);
    let cookie = "HttpOnly; SameSite=Lax; Path=/; Max-Age=604800; Secure";
    assert!(shop.press("payer", &order).header("set-cookie").ends_with(cookie));
    assert_eq!(shop.submit("cafe", "phone=066304925", &[("Sec-Fetch-Site", "cross-site")]).status, 403);
    let lock = shop.database();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(shop.press("payer", &order).status, 503);
    let (log, reference) = (shop.log(), order.path.trim_start_matches("/commandes/"));
    assert!(log.contains("database") && !log.contains(reference), "{log}");
}

#[test]
fn the_merchant_searches_and_filters() {
    let shop = Shop::start();
    shop.merchant("").shows(&["Premier pas"]);
    shop.sql("UPDATE products SET label = 'Huile d’Éwo' WHERE slug = 'iphone'");
    let (paid, failed) = (shop.order("cafe"), shop.ordered(&shop.submit("lampe", "phone=055555555", &[])));
    let open = shop.ordered(&shop.submit("iphone", "phone=066304926&name=Kanza+%C3%89lodie", &[]));
    shop.pays(&paid);
    shop.gateway.settle(&failed.token, Failed);
    shop.wait_for(&failed, "failed");
    let number = paid.number.replace("n°\u{a0}", "").replace('\u{202f}', "+");
    for (query, found) in [
        ("", vec![&paid, &failed, &open]),
        ("filtre=livrer", vec![&paid]),
        ("filtre=attente", vec![&open]),
        ("filtre=echecs", vec![&failed]),
        ("q=anz", vec![&paid, &open]),
        ("q=elodie", vec![&open]),
        ("q=huile+d'ewo", vec![&open]),
        ("q=%2B242+06+630+49+25", vec![&paid]),
        ("q=4925", vec![&paid]),
        (&format!("q=N%C2%B0{number}"), vec![&paid]),
        (&format!("q={}", paid.token), vec![&paid]),
        (&format!("q=anz&avant={}", open.id), vec![&paid]),
    ] {
        let page = shop.merchant(&format!("?{query}"));
        for order in [&paid, &failed, &open] {
            let is_found = found.iter().any(|found| found.id == order.id);
            assert_eq!(page.text.contains(&format!(r#"<li id="n{}">"#, order.id)), is_found, "{query}");
        }
    }
    // Counters are links, and right whatever a person does by SQL.
    shop.merchant("").shows(&[r#"<a href="/marchand?filtre=attente"><span>En attente</span> <strong>1</strong>"#]);
    shop.sql("DELETE FROM orders WHERE slug = 'iphone'");
    shop.merchant("").shows(&["<span>En attente</span> <strong>0</strong>"]);
    shop.add_old_orders(100);
    shop.merchant("").hides(&[r#"<li id="n1">"#]).shows(&["plus anciennes</a>"]);
    shop.merchant("?avant=50").shows(&[r#"<li id="n1">"#, r#"<li id="n49">"#]);
}

#[test]
fn the_merchant_delivers_undoes_and_comes_back_to_where_it_was_pressed() {
    let shop = Shop::start();
    let (paid, open, late) = (shop.order("pagne"), shop.order("cafe"), "depuis plus de deux jours");
    shop.pays(&paid);
    let line = |order: &Order| format!("\n{},\"{}\",{},20", order.id, order.token, order.price);
    shop.merchant("/commandes.csv").shows(&["order,token,amount,date\n", &line(&paid), &line(&open)]);
    shop.merchant("").shows(&[&format!(r#"name="at" value="{}""#, paid.id)]).hides(&[late]);
    shop.sql("UPDATE payments SET paid_at = paid_at - 49 * 60 * 60 * 1000");
    shop.merchant("").shows(&[late]);
    let deliver = format!("order={}&change=livrer&back=filtre%3Dlivrer&at={}", paid.id, open.id);
    assert_eq!(shop.post("/marchand", format!("key=0&{deliver}"), &[MERCHANT]).status, 403, "another site's form");
    // It has left this list; its neighbour is there.
    assert_eq!(shop.merchant_sends(&deliver).location, format!("/marchand?filtre=livrer#n{}", open.id));
    shop.merchant("").hides(&[late]);
    shop.merchant("/commandes.csv").shows(&[&line(&open)]).hides(&[&paid.token]);
    let page = format!("/commandes/{}", paid.id);
    shop.merchant(&page).shows(&["✓ Livrée", "Remettre à livrer"]);
    assert_eq!(shop.merchant_presses("remettre", &paid).location, format!("/marchand{page}"));
    let phone = r#"<a href="tel:066304925">06"#.to_owned() + "\u{a0}630\u{a0}49\u{a0}25</a>";
    let says =
        ["Pagne Brazza", "18\u{202f}500\u{a0}FCFA", "Kanza", &phone, "Payée, à livrer", &paid.token, "Historique"];
    shop.merchant(&page).shows(&says);
}

/// It is no longer waited for, but still checked, though the gateway does not know its token at first.
#[test]
fn an_archived_order_that_is_paid_is_to_be_delivered() {
    let shop = Shop::with(|gateway| gateway.late_known(3));
    let order = shop.order("cafe");
    for (change, state) in [("archiver", "archived"), ("rouvrir", "delayed"), ("archiver", "archived")] {
        shop.merchant_presses(change, &order);
        shop.wait_for(&order, state);
    }
    assert_eq!(shop.press("payer", &order).location, order.path, "nobody is sent to pay for it");
    shop.pays(&order);
    shop.merchant_presses("archiver", &order);
    assert_eq!(shop.state(&order), "paid", "a paid order cannot be archived");
}
