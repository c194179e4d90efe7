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
        assert_eq!((payment.token, payment.amount, &*payment.phone), (order.token, 150_000, "066304925"));
    }
    for (fields, says, keeps) in [
        ("", "Indiquez le numéro", ""),
        ("phone=+&name=Kanza", "Indiquez le numéro", r#"value="Kanza""#),
        ("phone=06630", "Un numéro valable a neuf chiffres et commence par 0", r#"value="06630""#),
        ("phone=abc&name=%22%3E%3Cscript%3E", "Un numéro valable", r#"value="abc""#),
    ] {
        let answer = shop.submit("cafe", fields, &[]);
        answer.shows(&[says, keeps, r#"aria-invalid="true""#]).hides(&["><script>"]);
        assert_eq!(answer.status, 422, "{fields}");
    }
    assert_eq!(shop.value::<i64>("SELECT COUNT(*) FROM orders"), 3);
}

#[test]
fn who_comes_back_sees_this_order_first_and_is_asked_for_no_second_payment() {
    let shop = Shop::start();
    let first = shop.order("cafe");
    let browser = &[("Cookie", &*first.cookie)];
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
    let page = shop.get(&first.path, browser);
    let (own, others) = page.hides(&["Kanza", "066304925"]).text.split_once("Vos autres commandes").unwrap();
    assert!(own.contains("Reprendre le paiement") && others.contains(&second.number), "{}", page.text);
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
fn a_form_that_is_sent_twice_is_one_order() {
    let shop = Shop::start();
    let key = || shop.get("/produits/cafe", &[]).text.split_once(r#"name="key" value=""#).unwrap().1[..32].to_owned();
    let form = format!("name=Kanza&key={}&phone=", key());
    let clicks = at_once(8, || shop.submit("cafe", &(form.clone() + "066304925"), &[]).location);
    assert!(clicks.iter().all(|page| *page == clicks[0]), "{clicks:?}");
    let corrected = shop.submit("cafe", &(form.clone() + "055555555"), &[]).location;
    assert!(corrected != clicks[0] && !form.contains(&key()), "another number or another form is another order");
    assert_eq!(shop.value::<i64>("SELECT COUNT(*) FROM orders"), 2);
}

#[test]
fn a_customer_comes_back_by_every_way_and_after_many_orders() {
    let shop = Shop::start();
    let order = shop.order("cafe");
    assert_eq!(shop.get("/payment-status/", &[("Cookie", &order.cookie)]).location, order.path);
    // A form from another site brings no cookie: the browser asks again, with it.
    assert_eq!(shop.post("/payment-status", "status=SUCCESS", &[]).location, "/payment-status");
    assert_eq!(shop.submit("cafe", "phone=066304925", &[("Sec-Fetch-Site", "cross-site")]).status, 403);
    let head = b"GET /payment-status HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nCookie: pr\xe9nom=\xe9; ";
    let answer = shop.raw(&[head, order.cookie.as_bytes(), b"\r\n\r\n"].concat());
    assert!(answer.contains(&order.path), "{answer}");
    for _ in 0..170 {
        let another = shop.ordered(&shop.submit("lampe", "phone=066304925&again=1", &[("Cookie", &order.cookie)]));
        assert!(another.cookie == order.cookie && order.cookie.len() < 100);
    }
    assert_eq!(shop.get("/commandes", &[("Cookie", &order.cookie)]).status, 200);
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
    shop.get(&first.path, &[]).shows(&["n’a pas abouti", "Réessayer le paiement&nbsp;: 24", &first.number]);
    let [second, same] = [(); 2].map(|()| shop.ordered(&shop.press("recommencer", &first)));
    assert!(second.token == same.token && second.token != first.token, "a double click is one order");
    let browser = &[("Cookie", &*second.cookie)];
    shop.get(&second.path, browser).shows(&["Essai précédent", &first.number]).hides(&["aussi commandé"]);
    shop.pays(&second);
    shop.merchant_presses("rembourser", &second);
    shop.pays(&first);
    shop.merchant("").hides(&[twice]);
    shop.merchant_presses("annuler", &second);
    let refunded = |order: &Order| format!("{} remboursée", order.number);
    shop.merchant("").shows(&[twice, &refunded(&first), &refunded(&second)]);
    shop.get(&second.path, browser).shows(&["Vous avez payé deux fois le même achat", &first.number]);
    shop.merchant_presses("rembourser", &first);
    shop.merchant("").hides(&[twice]);
    shop.merchant_presses("livrer", &first);
    assert_eq!(shop.state(&first), "refunded", "it is not delivered");
    shop.merchant_presses("annuler", &first);
    shop.merchant("").shows(&[twice]);
}

/// The callback of its failure may be lost: it is no dead end. Nor is it ever forgotten.
#[test]
fn a_customer_whose_payment_does_not_end_may_choose_after_a_minute() {
    let (shop, day) = (Shop::start(), 24 * 60 * 60 * 1000);
    let (order, lost) = (shop.order("cafe"), shop.ordered(&shop.submit("lampe", "phone=060000006", &[])));
    shop.sql(&format!("UPDATE orders SET due = {day} WHERE id = {}", lost.id));
    let wait = || shop.value::<i64>(&format!("SELECT due - asked FROM orders WHERE id = {}", order.id));
    let due = format!("UPDATE orders SET due = 0, checks = 99 WHERE id = {}", order.id);
    shop.not_paid_after(&order, || shop.sql(&due));
    assert_eq!(wait() / day, 7, "checks go on, and thin out");
    shop.press("payer", &order);
    assert_eq!(shop.state(&order), "pending");
    shop.sql("UPDATE orders SET sent_at = sent_at - 61000");
    let comes_back = |order: &Order| shop.get("/payment-status", &[("Cookie", &order.cookie)]).location;
    shop.not_paid_after(&order, || assert_eq!(comes_back(&order), order.path));
    assert!((5_000..6_000).contains(&wait()), "somebody waits for it: {}", wait());
    let says = ["Vous n’avez pas payé, ou", "Reprendre le paiement", "Recommencer", "Besoin d’aide", &order.number];
    shop.get(&order.path, &[]).shows(&says);
    assert_ne!(shop.ordered(&shop.press("recommencer", &order)).token, order.token);
    // A late payment is found by its callback, or by a visit.
    shop.pays(&order);
    assert_eq!(shop.state(&lost), "pending");
    comes_back(&lost);
    shop.wait_for(&lost, "paid");
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
    for (query, finds) in [
        ("filtre=livrer", [true, false, false]),
        ("filtre=attente", [false, true, false]),
        ("filtre=echecs", [false, false, true]),
        ("q=anz", [true, true, false]),
        ("q=elodie", [false, true, false]),
        ("q=huile+d'ewo", [false, true, false]),
        ("q=%2B242+06+630+49+25", [true, false, false]),
        (&format!("q=N%C2%B0{number}"), [true, false, false]),
        (&format!("q={}", paid.token), [true, false, false]),
        (&format!("q=anz&avant={}", open.id), [true, false, false]),
    ] {
        let page = shop.merchant(&format!("?{query}")).text;
        let lists = |order: &Order| page.contains(&format!(r#"<li id="n{}">"#, order.id));
        assert_eq!([&paid, &open, &failed].map(lists), finds, "{query}");
    }
    // Counters are links, and right whatever a person does by SQL.
    shop.merchant("").shows(&[r#"<a href="/marchand?filtre=attente"><span>En attente</span> <strong>1</strong>"#]);
    shop.sql("DELETE FROM orders WHERE slug = 'iphone'");
    shop.merchant("").shows(&["<span>En attente</span> <strong>0</strong>"]);
}

#[test]
fn the_merchant_delivers_archives_undoes_and_comes_back_to_where_it_was_pressed() {
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
    let says = ["Pagne Brazza", "18\u{202f}500\u{a0}FCFA", "Kanza", "tel:066304925", "Payée, à livrer", "Historique"];
    shop.merchant(&page).shows(&says);
    shop.merchant_presses("archiver", &paid);
    assert_eq!(shop.state(&paid), "paid");
    for (change, state) in [("archiver", "archived"), ("rouvrir", "pending"), ("archiver", "archived")] {
        shop.merchant_presses(change, &open);
        assert_eq!(shop.state(&open), state);
    }
    assert_eq!(shop.press("payer", &open).location, open.path, "nobody is sent to pay for it");
    shop.pays(&open);
}
