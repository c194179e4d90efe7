//! What people do: customers with two tabs, double clicks and every way back, the merchant, and the person who starts it.

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;
use std::thread;

use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY};
use support::{AUTHORIZATION, PASSWORD, PROGRAM, World, header, older, program, wait_until, without_settings};

#[test]
fn an_order_is_stored_with_its_token_before_the_customer_is_sent_to_pay() {
    let world = World::start();
    // A form cannot set the price, and the number is sent as documented.
    let order = world.order_with("iphone", "phone=%2B242+06.630-49%C2%A025&name=Kanza&amount=1&slug=cafe", "");
    let kept: (String, u32, String) = world
        .database()
        .query_row("SELECT label, amount, phone FROM orders WHERE token = ?1", [&order.token], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!(kept, ("iPhone S".to_owned(), 150_000, "066304925".to_owned()));
    let payment = &world.sandbox.payments()[0];
    assert_eq!((payment.token.as_str(), payment.amount, payment.label.as_str()), (&*order.token, 150_000, "iPhone S"));
    assert_eq!((payment.name.as_deref(), payment.phone.as_str()), (Some("Kanza"), "066304925"));
    // However often the customer asks, it is one token; once it is paid, nobody is sent to pay.
    for _ in 0..2 {
        let answer = world.post(&format!("/commandes/{}/payer", order.reference), "");
        assert!(header(&answer, "location").ends_with(&order.token), "{answer:?}");
    }
    assert_eq!(world.sandbox.payments().len(), 1);
    world.customer_submits(&order, "paid");
    world.wait_for(&order, "paid");
    let answer = world.post(&format!("/commandes/{}/payer", order.reference), "");
    assert_eq!(header(&answer, "location"), format!("/commandes/{}", order.reference));
}

#[test]
fn an_order_made_during_an_outage_is_kept_and_many_clicks_make_one_token() {
    let world = World::start();
    world.sandbox.set_in_service(false);
    let path = header(&world.post("/produits/lampe", "phone=066304925"), "location").to_owned();
    let page = world.get(&path, "");
    assert!(page.as_str().unwrap().contains("Rien n’a été débité"), "{page:?}");
    world.sandbox.set_in_service(true);
    let pay = || header(&world.post(&format!("{path}/payer"), ""), "location").to_owned();
    let locations: Vec<String> = thread::scope(|scope| {
        let clicks: Vec<_> = (0..8).map(|_| scope.spawn(pay)).collect();
        clicks.into_iter().map(|click| click.join().unwrap()).collect()
    });
    let kept: String = world.database().query_row("SELECT token FROM orders", [], |row| row.get(0)).unwrap();
    for location in locations {
        assert!(location.ends_with(&format!("/purchase-product/{kept}")), "{location} is not {kept}");
    }
    let page = world.get(&path, "");
    assert!(page.as_str().unwrap().contains("Paiement en attente"), "the outage is over: {page:?}");
}

/// The database cannot grow, as on a full disk.
#[cfg(unix)]
#[test]
fn a_customer_whose_token_cannot_be_stored_is_not_sent_to_pay() {
    let mut small = without_settings("sh");
    small.args(["-c", r#"trap "" XFSZ; ulimit -f 1400; exec "$@""#, "sh", PROGRAM]);
    let world = World::with(small, |sandbox| sandbox);
    world.sandbox.set_in_service(false);
    let order = || header(&world.post("/produits/cafe", "phone=066304925"), "location").to_owned();
    let paths: Vec<String> = (0..10).map(|_| order()).collect();
    world.sandbox.set_in_service(true);
    wait_until("the database is full", || world.post("/produits/cafe", "phone=066304925").status_code == 503);
    // A small write may still fit.
    let mut refused = 0;
    for path in paths {
        let answer = world.post(&format!("{path}/payer"), "");
        let sql = "SELECT token FROM orders WHERE reference = ?1";
        let reference = path.rsplit('/').next().unwrap();
        let kept: Option<String> = world.database().query_row(sql, [reference], |row| row.get(0)).unwrap();
        assert_eq!(answer.status_code, if kept.is_some() { 303 } else { 503 }, "{answer:?}");
        assert!(!answer.as_str().unwrap().contains("débité"), "{answer:?}");
        refused += u32::from(kept.is_none());
    }
    assert!(refused > 0);
}

#[test]
fn a_form_with_a_mistake_comes_back_filled_in() {
    let world = World::start();
    for (form, says) in [
        ("", "Indiquez le numéro"),
        ("phone=+&name=Kanza", "Indiquez le numéro"),
        ("phone=06630", "Un numéro valable a neuf chiffres et commence par 0"),
        ("phone=abc&name=%22%3E%3Cscript%3E", "Un numéro valable"),
        (&format!("phone=066304925&name={}", "a".repeat(101)), "trop long"),
    ] {
        let answer = world.post("/produits/cafe", form);
        assert_eq!(answer.status_code, 422, "{form}");
        let page = answer.as_str().unwrap();
        assert!(page.contains(says) && page.contains(r#"aria-invalid="true""#), "{page}");
        assert!(!page.contains("><script>") && (form != "phone=06630" || page.contains(r#"value="06630""#)), "{page}");
    }
    for (form, status) in [("phone=%FF", 422), ("phone=1&phone=2", 400)] {
        assert_eq!(world.post("/produits/cafe", form).status_code, status);
    }
    let orders: u32 = world.database().query_row("SELECT COUNT(*) FROM orders", [], |row| row.get(0)).unwrap();
    assert_eq!((orders, world.sandbox.payments().len()), (0, 0));
}

#[test]
fn a_form_that_is_sent_twice_is_one_order_and_two_forms_are_two() {
    let world = World::start();
    let form = "phone=066304925&name=Kanza&key=";
    let key = |letter: &str| letter.repeat(32);
    let send =
        |letter: &str| header(&world.post("/produits/cafe", form.to_owned() + &key(letter)), "location").to_owned();
    let (first, second) = thread::scope(|scope| {
        let both = [scope.spawn(|| send("a")), scope.spawn(|| send("a"))];
        let [first, second] = both.map(|click| click.join().unwrap());
        (first, second)
    });
    assert_eq!(first, second, "a double click leads to one payment");
    assert_ne!(send("b"), first);
    // A corrected number is another order.
    let corrected = world.post("/produits/cafe", format!("phone=055555555&key={}", key("a")));
    assert_ne!(header(&corrected, "location"), first);
    let key = |page: &str| page.split_once(r#"name="key" value=""#).unwrap().1[..32].to_owned();
    let page = || key(world.get("/produits/cafe", "").as_str().unwrap());
    assert_ne!(page(), page(), "every form has a key of its own");
}

#[test]
fn who_comes_back_sees_this_order_first_and_is_asked_for_no_second_payment() {
    let world = World::start();
    let first = world.order("cafe");
    let cookie = &first.cookie;
    // A second order of the same article is only made when the customer says so; the first one is offered before.
    let warned = world.post_with("/produits/cafe", "phone=066304925", cookie);
    let page = warned.as_str().unwrap();
    assert!(warned.status_code == 409 && page.contains("Vous avez déjà commandé cet article"), "{page}");
    assert!(page.find("Reprendre le paiement") < page.find("En commander un autre et payer"), "{page}");
    let second = world.order_with("cafe", "phone=066304925&again=1", cookie);
    assert_eq!(&second.cookie, cookie, "one cookie for all orders");
    let path = |order: &support::Ordered| format!("/commandes/{}", order.reference);
    let returns = || header(&world.get("/payment-status", cookie), "location").to_owned();
    assert_eq!(returns(), path(&second));
    world.post_with(&format!("{}/payer", path(&first)), "", cookie);
    assert_eq!(returns(), path(&first), "the one that the customer was sent to pay last");
    let page = world.get(&path(&first), cookie).as_str().unwrap().to_owned();
    let (own, others) = page.split_once("Vos autres commandes").unwrap();
    assert!(own.contains("Reprendre le paiement") && others.contains(&second.number()), "{page}");
    assert_eq!(world.get(&format!("{}/etat", path(&first)), cookie).as_str().unwrap(), "pending pending");
    world.customer_submits(&first, "paid");
    world.wait_for(&first, "paid");
    let page = world.get(&path(&second), cookie).as_str().unwrap().to_owned();
    assert!(page.contains("cette commande-là est payée") && !page.contains("<button"), "{page}");
    // A button that another tab still shows.
    for button in ["payer", "recommencer"] {
        let stale = world.post_with(&format!("{}/{button}", path(&second)), "price=7500", cookie);
        assert_eq!(header(&stale, "location"), path(&first));
    }
    for page in ["/", "/produits/cafe", "/commandes", &path(&first), "/payment-status/rien"] {
        assert!(world.get(page, cookie).as_str().unwrap().contains(r#"href="/commandes">Vos commandes"#), "{page}");
    }
    let list = world.get("/commandes", cookie).as_str().unwrap().to_owned();
    assert!(list.contains(&first.number()) && list.contains(&second.number()) && list.contains("catalogue"), "{list}");
}

#[test]
fn a_customer_comes_back_by_every_way_and_after_many_orders() {
    let world = World::start();
    let order = world.order("cafe");
    let location = format!("/commandes/{}", order.reference);
    assert_eq!(header(&world.get("/payment-status/", &order.cookie), "location"), location);
    let posted = world.post_with("/payment-status", "status=SUCCESS", &order.cookie);
    // By a form from another site no cookie comes along: the browser asks again, with it.
    assert_eq!((posted.status_code, header(&posted, "location")), (303, "/payment-status"));
    let among_others = format!(
        "GET /payment-status HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nCookie: pr\u{e9}nom=\u{e9}; {}\r\n\r\n",
        order.cookie
    );
    let bytes: Vec<u8> = among_others.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let answer = world.raw(&bytes);
    assert!(answer.contains(&location), "{answer}");
    for _ in 0..170 {
        assert_eq!(world.order_with("lampe", "phone=066304925&again=1", &order.cookie).cookie, order.cookie);
    }
    assert!(order.cookie.len() < 100);
    assert_eq!(world.get("/commandes", &order.cookie).as_str().unwrap().matches("Voir la commande").count(), 20);
}

#[test]
fn a_failed_payment_is_tried_again_with_one_button() {
    let world = World::start();
    let order = world.order("cafe");
    world.customer_submits(&order, "failed");
    world.wait_for(&order, "failed");
    let page = world.get(&format!("/commandes/{}", order.reference), "");
    let page = page.as_str().unwrap();
    for text in
        ["Votre paiement n’a pas abouti", "Réessayer le paiement&nbsp;: 7", "Causes fréquentes", &order.number()]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    let path = format!("/commandes/{}/recommencer", order.reference);
    let again = [world.post(&path, "price=7500"), world.post(&path, "price=7500")];
    assert_eq!(header(&again[0], "location"), header(&again[1], "location"), "a double click is one order");
    assert!(!header(&again[0], "location").ends_with(&order.token));
    let payments = world.sandbox.payments();
    assert_eq!((payments.len(), payments[0].phone.as_str(), payments[1].phone.as_str()), (2, "066304925", "066304925"));
}

#[test]
fn headers_protect_and_addresses_are_found_or_not() {
    let world = World::start();
    let answer = world.post("/produits/cafe", "phone=066304925");
    let (_, settings) = header(&answer, "set-cookie").split_once("; ").unwrap();
    assert_eq!(settings, "HttpOnly; SameSite=Lax; Path=/; Max-Age=604800; Secure");
    let answer = world.get("/", "");
    assert!(header(&answer, "content-security-policy").starts_with("default-src 'none'; "));
    assert_eq!((header(&answer, "referrer-policy"), header(&answer, "cache-control")), ("no-referrer", "no-store"));
    for name in ["/style.css", "/boutique.js"] {
        assert!(answer.as_str().unwrap().contains(&format!("\"{name}\"")));
        assert_eq!(header(&world.get(name, ""), "cache-control"), "max-age=300");
    }
    for path in ["/nulle-part", "/produits/rien", "/commandes/rien", "/commandes/rien/etat", "/a/b"] {
        assert_eq!(world.get(path, "").status_code, 404, "{path}");
    }
    let head = minreq::head(format!("{}/", world.origin)).send().unwrap();
    assert_eq!((head.status_code, head.as_bytes().len()), (200, 0));
    let request = minreq::post(format!("{}/produits/cafe", world.origin)).with_header("Sec-Fetch-Site", "cross-site");
    assert_eq!(request.with_body("phone=066304925&price=7500").send().unwrap().status_code, 403);
    assert_eq!(world.sandbox.payments().len(), 1);
}

#[test]
fn the_merchants_pages_need_the_password() {
    let world = World::start();
    let order = world.order("pagne");
    for path in ["/marchand", "/marchand/commandes.csv", &format!("/marchand/commandes/{}", order.id)] {
        // No password, then `marchand:` and `marchand:demo`.
        for wrong in ["", "Basic bWFyY2hhbmQ6", "Basic %", "Bearer x"] {
            let answer =
                minreq::get(format!("{}{path}", world.origin)).with_header("Authorization", wrong).send().unwrap();
            assert_eq!(answer.status_code, 401, "{wrong:?}");
            assert_eq!(header(&answer, "www-authenticate"), r#"Basic realm="marchand", charset="UTF-8""#);
            assert!(!answer.as_str().unwrap().contains("Kanza"));
        }
        let answer = minreq::get(format!("{}{path}", world.origin)).with_header("Authorization", AUTHORIZATION).send();
        assert_eq!(answer.unwrap().status_code, 200);
    }
    let page = world.merchant(&format!("/marchand/commandes/{}", order.id)).as_str().unwrap().to_owned();
    let phone = r#"<a href="tel:066304925">06"#.to_owned() + "\u{a0}630\u{a0}49\u{a0}25</a>";
    for text in ["Pagne Brazza", "18\u{202f}500\u{a0}FCFA", "Kanza", &phone, "En attente", &order.token, "Historique"] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[test]
fn the_merchant_searches_filters_and_delivers() {
    let world = World::start();
    let page = world.merchant("/marchand").as_str().unwrap().to_owned();
    assert!(page.contains("Premier pas"), "{page}");
    world.database().execute("UPDATE products SET label = 'Huile d’Éwo' WHERE slug = 'iphone'", []).unwrap();
    let (paid, open) = (world.order("cafe"), world.order_with("iphone", "phone=066304926&name=Kanza+%C3%89lodie", ""));
    let failed = world.order_with("lampe", "phone=055555555", "");
    world.customer_submits(&paid, "paid");
    world.customer_submits(&failed, "failed");
    world.wait_for(&paid, "paid");
    world.wait_for(&failed, "failed");
    let lists = |query: &str| {
        let page = world.merchant(&format!("/marchand?{query}"));
        [&paid, &open, &failed].map(|order| page.as_str().unwrap().contains(&format!(r#"<li id="n{}">"#, order.id)))
    };
    let spaced = paid.number().replace("n°\u{a0}", "").replace('\u{202f}', "+");
    for (query, expected) in [
        ("", [true, true, true]),
        ("filtre=livrer", [true, false, false]),
        ("filtre=attente", [false, true, false]),
        ("filtre=echecs", [false, false, true]),
        ("filtre=livrees", [false, false, false]),
        ("q=anz", [true, true, false]),
        ("q=%C3%89LODIE", [false, true, false]),
        ("q=elodie", [false, true, false]),
        ("q=huile+d'ewo", [false, true, false]),
        ("q=lekoumou", [true, false, false]),
        ("q=%2B242+06+630+49+25", [true, false, false]),
        ("q=4925", [true, false, false]),
        (&format!("q={}", paid.id), [true, false, false]),
        (&format!("q=N%C2%B0{spaced}"), [true, false, false]),
        (&format!("q=%23{}", open.id), [false, true, false]),
        (&format!("q={}", paid.token), [true, false, false]),
        ("q=Bantou", [false, false, false]),
        (&format!("q=anz&avant={}", open.id), [true, false, false]),
        ("q=anz&avant=-9223372036854775808", [false, false, false]),
    ] {
        assert_eq!(lists(query), expected, "{query}");
    }
    // Counters are links, and a press comes back to where it was pressed, or to its neighbour.
    let page = world.merchant("/marchand").as_str().unwrap().to_owned();
    assert!(page.contains(r#"<a href="/marchand?filtre=echecs"><span>Échouées</span> <strong>1</strong>"#), "{page}");
    assert!(page.contains(&format!(r#"name="at" value="{}""#, paid.id)), "{page}");
    let form = format!("order={}&change=livrer&back=filtre%3Dlivrer&at={}", paid.id, open.id);
    let foreign = world.merchant_posts(&format!("key=0&{form}"));
    assert_eq!(foreign.status_code, 403, "another site's form");
    let answer = world.change(&form);
    assert_eq!(header(&answer, "location"), format!("/marchand?filtre=livrer#n{}", open.id));
    assert_eq!((lists("filtre=livrees")[0], &*world.state(&paid)), (true, "delivered"));
    world.database().execute("UPDATE payments SET delivered_at = 0", []).unwrap();
    world.change(&form);
    let page = world.merchant(&format!("/marchand/commandes/{}", paid.id)).as_str().unwrap().to_owned();
    assert!(
        page.contains("01/01/1970") && page.contains("Remettre à livrer"),
        "a second press changes no date: {page}"
    );
    let undo = world.change(&format!("order={}&change=remettre", paid.id));
    assert_eq!(header(&undo, "location"), format!("/marchand/commandes/{}", paid.id));
    assert!(lists("filtre=livrer")[0]);
    world.change(&format!("order={}&change=archiver", failed.id));
    assert_eq!((lists("filtre=archivees")[2], lists("filtre=echecs")[2]), (true, false));
    world.change(&format!("order={}&change=rouvrir", failed.id));
    assert_eq!((lists("filtre=archivees")[2], lists("filtre=echecs")[2]), (false, true));
}

#[test]
fn the_merchant_sees_all_orders_page_by_page_and_a_search_goes_on() {
    let world = World::start();
    let order = world.order("cafe");
    let sql = "WITH RECURSIVE series (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM series WHERE value < 12000)
               INSERT INTO orders (reference, form_key, slug, label, details, amount, name, phone, ordered_at)
               SELECT value, value, 'lampe', 'Lampe', '', 1, '', '06', 0 FROM series";
    world.database().execute(sql, []).unwrap();
    let follow = |path: &str| {
        let (mut path, mut pages, mut orders) = (path.to_owned(), 0, 0);
        loop {
            let page = world.merchant(&path).as_str().unwrap().to_owned();
            orders += page.matches(r#"<li id="n"#).count();
            pages += 1;
            let Some(next) = older(&page) else { return (pages, orders) };
            path = next;
        }
    };
    assert_eq!(follow("/marchand?q=anz"), (3, 1));
    assert_eq!(follow(&format!("/marchand?q={}", order.id)), (1, 1));
    world.database().execute("DELETE FROM orders WHERE id > ?1 + 250", [order.id]).unwrap();
    assert_eq!(follow("/marchand"), (6, 251));
}

/// It is no longer waited for, but still checked: money wins.
#[test]
fn an_order_that_the_merchant_has_archived_is_to_be_delivered_if_it_is_paid() {
    let world = World::start();
    let order = world.order("cafe");
    let change = |change: &str| world.change(&format!("order={}&change={change}", order.id)).status_code;
    assert_eq!((change("archiver"), &*world.state(&order)), (303, "archived"));
    let pay = world.post(&format!("/commandes/{}/payer", order.reference), "");
    assert_eq!(header(&pay, "location"), format!("/commandes/{}", order.reference), "nobody is sent to pay for it");
    world.customer_submits(&order, "paid");
    world.wait_for(&order, "paid");
    assert_eq!((change("archiver"), &*world.state(&order)), (303, "paid"), "a paid order cannot be archived");
}

/// The exit code and the output of a shop that is started with `--live` and these variables.
fn live(variables: &[(&str, &str)], database: &Path) -> (Option<i32>, String) {
    let mut program = program();
    program.args(["--listen", "127.0.0.1:0", "--live"]).arg(database).envs(variables.iter().copied());
    let Output { status, stdout, stderr } = program.output().unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

#[test]
fn live_mode_needs_all_its_variables() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shop.db");
    let client = ("EKOLOPAY_API_CLIENT", DEMO_API_CLIENT);
    let secret = ("EKOLOPAY_SECRET_KEY", DEMO_SECRET_KEY);
    let plain = ("EKOLOPAY_ORIGIN", "http://example.com");
    for (variables, says) in [
        (&[][..], "EKOLOPAY_API_CLIENT is not set"),
        (&[client], "EKOLOPAY_SECRET_KEY is not set"),
        (&[client, secret], "SHOP_PASSWORD is not set"),
        (&[client, secret, ("SHOP_PASSWORD", "'a long password'")], "SHOP_PASSWORD must not begin"),
        (&[client, secret, ("SHOP_PASSWORD", PASSWORD), plain], "EKOLOPAY_ORIGIN"),
    ] {
        let (code, text) = live(variables, &file);
        assert!(code == Some(1) && text.contains(says), "{says}: {code:?} {text}");
        assert!(!text.contains(DEMO_SECRET_KEY), "{text}");
    }
    assert!(!file.exists(), "no database is made while a variable is missing");
    let all = [client, secret, ("SHOP_PASSWORD", PASSWORD), ("EKOLOPAY_ORIGIN", "http://127.0.0.1:9")];
    let (code, text) = live(&all, directory.path());
    assert!(code == Some(1) && text.contains(&directory.path().display().to_string()), "{text}");
    let roots = program().args(["--live", "shop.db", "--root-certificates", "roots.pem"]).envs(all).output().unwrap();
    assert!(String::from_utf8(roots.stderr).unwrap().contains("roots.pem: "));
}

#[cfg(unix)]
#[test]
fn only_the_shop_can_read_the_database() {
    use std::os::unix::fs::PermissionsExt;

    let world = World::start();
    world.order("cafe");
    for file in fs::read_dir(world.directory()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{file:?}: {mode:o}");
    }
}
