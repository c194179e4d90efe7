//! What people do: customers with two tabs, double clicks and every way back, and the merchant.

mod support;

use ekolopay_sandbox::Settlement::Failed;
use rusqlite::ErrorCode::ConstraintViolation;
use support::{MERCHANT, Order, Shop, at_once};

#[test]
fn a_telephone_number_is_cleaned_or_the_form_comes_back_filled_in() {
    let shop = Shop::start();
    // As people copy them, and a form that tries to set another amount.
    for phone in ["%2B242+06.630-49%C2%A025", "tel:066304925", "06%E2%80%AF630+49+25"] {
        let order = shop.order_with("iphone", &format!("phone={phone}&name=Kanza&amount=1&slug=cafe"));
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
        assert_eq!(
            answer.shows(&[says, keeps, r#"aria-invalid="true""#]).hides(&["><script>"]).status,
            422,
            "{fields}"
        );
    }
    assert_eq!(shop.value::<i64>("SELECT COUNT(*) FROM orders"), 3);
}

#[test]
fn a_form_that_is_sent_twice_is_one_order_and_two_forms_are_two() {
    let shop = Shop::start();
    let send = |key: &str, phone: &str| {
        let fields = format!("phone={phone}&name=Kanza&key={}", key.repeat(32));
        shop.submit("cafe", &fields, &[]).location().to_owned()
    };
    let clicks = at_once(2, || send("a", "066304925"));
    assert_eq!(clicks[0], clicks[1], "a double click leads to one payment");
    assert_ne!(send("b", "066304925"), clicks[0]);
    assert_ne!(send("a", "055555555"), clicks[0], "a corrected number is another order");
    let key = || shop.get("/produits/cafe").text.split_once(r#"name="key" value=""#).unwrap().1[..32].to_owned();
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
    let returns = || shop.get_with("/payment-status", browser).location().to_owned();
    assert_eq!(returns(), second.path);
    assert!(shop.press("payer", &first).location().ends_with(&first.token), "the token that it has");
    assert_eq!(returns(), first.path, "the one that the customer was sent to pay last");
    let page = shop.get_with(&first.path, browser).text;
    let (own, others) = page.split_once("Vos autres commandes").unwrap();
    assert!(own.contains("Reprendre le paiement") && others.contains(&second.number), "{page}");
    shop.pays(&first);
    shop.get_with(&second.path, browser).shows(&["cette commande-là est payée"]).hides(&["<button"]);
    for button in ["payer", "recommencer"] {
        assert_eq!(shop.press(button, &second).location(), first.path, "another tab still shows it");
    }
    for path in ["/", "/produits/cafe", "/commandes", &first.path, "/payment-status/rien"] {
        shop.get_with(path, browser).shows(&[r#"href="/commandes">Vos commandes"#]);
    }
    shop.get_with("/commandes", browser).shows(&[&first.number, &second.number, "catalogue"]);
}

#[test]
fn a_customer_comes_back_by_every_way_and_after_many_orders() {
    let shop = Shop::start();
    let order = shop.order("cafe");
    assert_eq!(shop.get_with("/payment-status/", &order.browser()).location(), order.path);
    // A form from another site brings no cookie: the browser asks again, with it.
    let posted = shop.post("/payment-status", "status=SUCCESS", &[]);
    assert_eq!((posted.status, posted.location()), (303, "/payment-status"));
    let head = b"GET /payment-status HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nCookie: pr\xe9nom=\xe9; ";
    let answer = shop.raw(&[head, order.cookie.as_bytes(), b"\r\n\r\n"].concat());
    assert!(answer.contains(&order.path), "{answer}");
    for _ in 0..170 {
        let another = shop.ordered(&shop.submit("lampe", "phone=066304925&again=1", &order.browser()));
        assert_eq!(another.cookie, order.cookie);
    }
    assert!(order.cookie.len() < 100);
    let list = shop.get_with("/commandes", &order.browser()).text;
    assert_eq!(list.matches("Voir la commande").count(), 20);
}

/// Not to another site, to someone who reads the log, nor to the next person at a shared computer.
#[test]
fn the_shop_tells_nobody_what_they_should_not_know() {
    let shop = Shop::start();
    let order = shop.order("cafe");
    let page = shop.get_with(&order.path, &order.browser());
    page.hides(&["Kanza", "06\u{a0}630", "066304925"]);
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; "));
    assert_eq!((page.header("referrer-policy"), page.header("cache-control")), ("no-referrer", "no-store"));
    let (paid, cookie) = (shop.press("payer", &order), "HttpOnly; SameSite=Lax; Path=/; Max-Age=604800; Secure");
    assert!(paid.header("set-cookie").ends_with(cookie), "{}", paid.header("set-cookie"));
    assert_eq!(shop.submit("cafe", "phone=066304925", &[("Sec-Fetch-Site", "cross-site")]).status, 403);
    for path in ["/nulle-part", "/produits/rien", "/commandes/rien", "/commandes/rien/etat"] {
        assert_eq!(shop.get(path).status, 404, "{path}");
    }
    let lock = shop.database();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(shop.press("payer", &order).status, 503);
    let (log, reference) = (shop.log(), order.path.trim_start_matches("/commandes/"));
    assert!(log.contains("database") && !log.contains(reference), "{log}");
}

#[test]
fn the_merchant_searches_filters_and_turns_pages() {
    let shop = Shop::start();
    shop.merchant("").shows(&["Premier pas"]);
    shop.sql("UPDATE products SET label = 'Huile d’Éwo' WHERE slug = 'iphone'");
    let (paid, failed) = (shop.order("cafe"), shop.order_with("lampe", "phone=055555555"));
    let open = shop.order_with("iphone", "phone=066304926&name=Kanza+%C3%89lodie");
    shop.pays(&paid);
    shop.gateway.settle(&failed.token, Failed);
    shop.wait_for(&failed, "failed");
    let number = paid.number.replace("n°\u{a0}", "").replace('\u{202f}', "+");
    for (query, paid_failed_open) in [
        ("", [true, true, true]),
        ("filtre=livrer", [true, false, false]),
        ("filtre=attente", [false, false, true]),
        ("filtre=echecs", [false, true, false]),
        ("filtre=livrees", [false, false, false]),
        ("q=anz", [true, false, true]),
        ("q=elodie", [false, false, true]),
        ("q=huile+d'ewo", [false, false, true]),
        ("q=%2B242+06+630+49+25", [true, false, false]),
        ("q=4925", [true, false, false]),
        (&format!("q=N%C2%B0{number}"), [true, false, false]),
        (&format!("q=%23{}", open.id), [false, false, true]),
        (&format!("q={}", paid.token), [true, false, false]),
        (&format!("q=anz&avant={}", open.id), [true, false, false]),
        ("q=anz&avant=-9223372036854775808", [false, false, false]),
    ] {
        let page = shop.merchant(&format!("?{query}")).text;
        let lists = |order: &Order| page.contains(&format!(r#"<li id="n{}">"#, order.id));
        assert_eq!([&paid, &failed, &open].map(lists), paid_failed_open, "{query}");
    }
    // Counters are links, and right whatever a person does by SQL.
    shop.merchant("").shows(&[r#"<a href="/marchand?filtre=attente"><span>En attente</span> <strong>1</strong>"#]);
    shop.sql("DELETE FROM orders WHERE slug = 'iphone'");
    shop.merchant("").shows(&["<span>En attente</span> <strong>0</strong>"]);
    shop.add_old_orders(12_000);
    let mut pages = vec![shop.merchant("?q=anz").text];
    while let Some((before, _)) = pages.last().unwrap().split_once("plus anciennes</a>") {
        let (_, link) = before.rsplit_once("<a href=\"/marchand").unwrap();
        pages.push(shop.merchant(&link.split_once('"').unwrap().0.replace("&#38;", "&")).text);
    }
    assert_eq!(
        (pages.len(), pages.concat().matches("<li id=").count()),
        (3, 1),
        "a search looks at some orders at a time"
    );
}

#[test]
fn the_merchant_delivers_undoes_and_comes_back_to_where_it_was_pressed() {
    let shop = Shop::start();
    let (paid, open) = (shop.order("pagne"), shop.order("cafe"));
    shop.pays(&paid);
    let (late, line) =
        ("depuis plus de deux jours", |order: &Order| format!("\n{},\"{}\",{},20", order.id, order.token, order.price));
    let export = shop.merchant("/commandes.csv");
    export.shows(&["order,token,amount,date\n", &line(&paid), &line(&open)]);
    shop.merchant("").shows(&[&format!(r#"name="at" value="{}""#, paid.id)]).hides(&[late]);
    shop.sql("UPDATE payments SET paid_at = paid_at - 49 * 60 * 60 * 1000");
    shop.merchant("").shows(&[late]);
    let deliver = format!("order={}&change=livrer&back=filtre%3Dlivrer&at={}", paid.id, open.id);
    assert_eq!(shop.post("/marchand", format!("key=0&{deliver}"), &[MERCHANT]).status, 403, "another site's form");
    // It has left this list; its neighbour is there.
    assert_eq!(shop.merchant_sends(&deliver).location(), format!("/marchand?filtre=livrer#n{}", open.id));
    shop.merchant("").hides(&[late]);
    shop.merchant("/commandes.csv").shows(&[&line(&open)]).hides(&[&paid.token]);
    shop.sql("UPDATE payments SET delivered_at = 0");
    shop.merchant_sends(&deliver);
    let page = format!("/commandes/{}", paid.id);
    shop.merchant(&page).shows(&["Remettre à livrer", "01/01/1970"]);
    assert_eq!(shop.merchant_presses("remettre", &paid).location(), format!("/marchand{page}"));
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
    assert_eq!(shop.press("payer", &order).location(), order.path, "nobody is sent to pay for it");
    shop.pays(&order);
    shop.merchant_presses("archiver", &order);
    assert_eq!(shop.state(&order), "paid", "a paid order cannot be archived");
}

#[test]
fn an_article_whose_address_would_not_work_is_refused() {
    let shop = Shop::start();
    for slug in ["café", "deux mots", "a/b", "CAFE", ""] {
        let refused = shop.database().execute("INSERT INTO products VALUES (?1, 'x', 'x', 1)", [slug]).unwrap_err();
        assert_eq!(refused.sqlite_error_code(), Some(ConstraintViolation), "{slug:?}");
    }
}
