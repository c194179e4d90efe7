//! What customers do: two tabs, double clicks, coming back in every way, and numbers as people type them.

mod support;

use std::thread;

use ekolopay_test_kit::{Server, response};
use support::{World, header, older};

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
    let orders: u32 = world.database().query_row("SELECT COUNT(*) FROM orders", [], |row| row.get(0)).unwrap();
    assert_eq!(orders, 3);
    let key = |page: &str| page.split_once(r#"name="key" value=""#).unwrap().1[..32].to_owned();
    let page = || key(world.get("/produits/cafe", "").as_str().unwrap());
    assert_ne!(page(), page(), "every form has a key of its own");
}

#[test]
fn of_two_orders_both_are_shown_and_no_second_payment_is_asked_for() {
    let world = World::start();
    let first = world.order("cafe");
    // A second order of the same article is only made when the customer says so.
    let warned = world.post_with("/produits/cafe", "phone=066304925", &first.cookie);
    assert_eq!(warned.status_code, 409);
    assert!(warned.as_str().unwrap().contains("Vous avez déjà commandé cet article"), "{warned:?}");
    let second = world.order_with("cafe", "phone=066304925&again=1", &first.cookie);
    let cookies = format!("{}; {}", first.cookie, second.cookie);
    let returned = world.get("/payment-status", &cookies);
    let page = returned.as_str().unwrap();
    assert!(page.contains("n°&nbsp;1") && page.contains("n°&nbsp;2") && !page.contains("<button"), "{page}");
    world.customer_submits(&first, "paid");
    world.wait_for(&first, "shipped");
    let returned = world.get("/payment-status", &cookies);
    assert!(returned.as_str().unwrap().contains("Commande payée"), "{returned:?}");
    assert_eq!(world.get("/payment-status/etat", &cookies).as_str().unwrap(), "shipped pending");
    let path = format!("/commandes/{}", second.reference);
    let page = world.get(&path, &cookies);
    let page = page.as_str().unwrap();
    assert!(page.contains("cette commande-là est payée") && !page.contains("<button"), "{page}");
    // A failed order of another article is not hidden by one that is paid.
    let other = world.order_with("lampe", "phone=066304925", &cookies);
    world.customer_submits(&other, "failed");
    world.wait_for(&other, "failed");
    let both = format!("{}; {}", first.cookie, other.cookie);
    assert_eq!(world.get("/payment-status/etat", &both).as_str().unwrap(), "shipped failed");
    // A button that another tab still shows.
    let stale = world.post_with(&format!("{path}/payer"), "", &cookies);
    assert_eq!(header(&stale, "location"), format!("/commandes/{}", first.reference));
    let paid = world.post(&format!("/commandes/{}/payer", first.reference), "");
    assert_eq!(header(&paid, "location"), format!("/commandes/{}", first.reference));
}

#[test]
fn a_form_of_another_site_is_refused() {
    let world = World::start();
    let request = minreq::post(format!("{}/produits/cafe", world.origin)).with_header("Sec-Fetch-Site", "cross-site");
    assert_eq!(request.with_body("phone=066304925").send().unwrap().status_code, 403);
    assert!(world.sandbox.payments().is_empty());
}

#[test]
fn a_customer_comes_back_by_every_way() {
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
}

#[test]
fn a_failed_payment_is_tried_again_with_one_button() {
    let world = World::start();
    let order = world.order("cafe");
    world.customer_submits(&order, "failed");
    world.wait_for(&order, "failed");
    let page = world.get(&format!("/commandes/{}", order.reference), "");
    let page = page.as_str().unwrap();
    for text in ["Réessayer le paiement", "Causes fréquentes", "numéro de commande 1", "n°&nbsp;1"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let path = format!("/commandes/{}/recommencer", order.reference);
    let again = [world.post(&path, ""), world.post(&path, "")];
    assert_eq!(header(&again[0], "location"), header(&again[1], "location"), "a double click is one order");
    assert!(!header(&again[0], "location").ends_with(&order.token));
    let payments = world.sandbox.payments();
    assert_eq!((payments.len(), payments[0].phone.as_str(), payments[1].phone.as_str()), (2, "066304925", "066304925"));
}

/// A button that a tab still shows after the customer has ordered anew and paid.
#[test]
fn beside_a_paid_order_a_failed_one_is_not_tried_again() {
    let world = World::start();
    let failed = world.order("cafe");
    world.customer_submits(&failed, "failed");
    world.wait_for(&failed, "failed");
    let paid = world.order("cafe");
    world.customer_submits(&paid, "paid");
    world.wait_for(&paid, "shipped");
    let cookies = format!("{}; {}", failed.cookie, paid.cookie);
    let stale = world.post_with(&format!("/commandes/{}/recommencer", failed.reference), "", &cookies);
    assert_eq!(header(&stale, "location"), format!("/commandes/{}", paid.reference));
    let orders: u32 = world.database().query_row("SELECT COUNT(*) FROM orders", [], |row| row.get(0)).unwrap();
    assert_eq!(orders, 2, "an order without a token is left");
}

#[test]
fn numbers_are_sent_as_documented_and_shown_in_groups() {
    let world = World::start();
    let typed = "%2B242+06.630-49%C2%A025";
    let answer = world.post("/produits/cafe", format!("phone={typed}"));
    assert!(header(&answer, "location").contains("/purchase-product/"), "{answer:?}");
    assert_eq!(world.sandbox.payments()[0].phone, "066304925");
    let answer = world.post("/produits/cafe", "phone=06630");
    assert_eq!(answer.status_code, 422);
    let page = answer.as_str().unwrap();
    assert!(page.contains("il a neuf chiffres") && page.contains(r#"value="06630""#), "{page}");
}

#[test]
fn a_number_that_the_gateway_refuses_comes_back_in_its_form() {
    let refusal =
        r#"{"response":{"API_RESPONSE_CODE":0,"API_RESPONSE_DATA":{"clearMessage":"customer.phone inconnu"}}}"#;
    let gateway = Server::in_service(move |_| response(200, refusal));
    let world = World::start_at(&gateway.origin);
    let answer = world.post("/produits/cafe", "phone=06+630+49+25");
    assert_eq!(answer.status_code, 422);
    let page = answer.as_str().unwrap();
    assert!(page.contains("n’accepte pas ce numéro") && page.contains(r#"value="06 630 49 25""#), "{page}");
    let orders: u32 = world.database().query_row("SELECT COUNT(*) FROM orders", [], |row| row.get(0)).unwrap();
    assert_eq!(orders, 0);
}

#[test]
fn style_and_script_are_kept_by_the_browser() {
    let world = World::start();
    let page = world.get("/", "");
    let page = page.as_str().unwrap();
    for start in ["href=\"/style-", "src=\"/boutique-"] {
        let (_, rest) = page.split_once(start).unwrap();
        let name = format!("{}{}", start.split_once('"').unwrap().1, rest.split_once('"').unwrap().0);
        let file = world.get(&name, "");
        assert_eq!(file.status_code, 200, "{name}");
        assert_eq!(header(&file, "cache-control"), "public, max-age=31536000, immutable");
    }
}

#[test]
fn the_merchant_searches_filters_and_delivers() {
    let world = World::start();
    let page = world.merchant("/marchand?q=Kanza");
    assert!(
        page.as_str().unwrap().contains("Aucune commande ici.") && !page.as_str().unwrap().contains("n°"),
        "{page:?}"
    );
    let (paid, open) = (world.order("cafe"), world.order_with("iphone", "phone=066304925&name=Kanza+%C3%89lodie", ""));
    world.customer_submits(&paid, "paid");
    world.wait_for(&paid, "shipped");
    let lists = |query: &str| {
        let page = world.merchant(&format!("/marchand?{query}"));
        let page = page.as_str().unwrap();
        (page.contains(&paid.token), page.contains(&open.token))
    };
    for (query, expected) in [
        ("", (true, true)),
        ("filtre=livrer", (true, false)),
        ("filtre=attente", (false, true)),
        ("filtre=livrees", (false, false)),
        ("q=anz", (true, true)),
        ("q=%C3%A9lodie", (false, true)),
        ("q=%C3%89LODIE", (false, true)),
        ("q=06+630+49+25", (true, true)),
        ("q=%2B242+06+630+49+25", (true, true)),
        ("q=4925", (true, true)),
        ("q=2", (false, true)),
        ("q=N%C2%B01", (true, false)),
        ("q=n%C2%B0%C2%A01", (true, false)),
        ("q=n%C2%B0+2", (false, true)),
        ("q=%232", (false, true)),
        (&format!("q={}", paid.token), (true, false)),
        ("q=Bantou", (false, false)),
        ("q=anz&avant=2", (true, false)),
        ("q=anz&avant=-9223372036854775808", (false, false)),
    ] {
        assert_eq!(lists(query), expected, "{query}");
    }
    let page = world.merchant("/marchand");
    let (_, key) = page.as_str().unwrap().split_once(r#"name="key" value=""#).unwrap();
    let form = format!("key={}&order=1&change=livrer&back=filtre%3Dlivrer", &key[..32]);
    assert_eq!(world.merchant_posts(&form.replace("key=", "key=0")).status_code, 403, "another site's form");
    let answer = world.merchant_posts(&form);
    assert_eq!((answer.status_code, header(&answer, "location")), (303, "/marchand?filtre=livrer"));
    assert_eq!(lists("filtre=livrees"), (true, false));
    assert_eq!(world.state(&paid), "delivered");
    world.database().execute("UPDATE shipments SET delivered_at = 0", []).unwrap();
    world.merchant_posts(&form);
    let page = world.merchant("/marchand");
    assert!(page.as_str().unwrap().contains("Livrée le 01/01/1970"), "a second press changes no date: {page:?}");
    world.merchant_posts(&form.replace("livrer&", "reprendre&"));
    assert_eq!(lists("filtre=livrer"), (true, false));
}

#[test]
fn a_search_says_how_far_it_has_looked_and_goes_on() {
    let world = World::start();
    let order = world.order("cafe");
    world.fill(12_000);
    let (mut path, mut said) = ("/marchand?q=anz".to_owned(), Vec::new());
    let found = loop {
        let page = world.merchant(&path);
        let page = page.as_str().unwrap();
        let (_, range) = page.split_once("sont cherchés dans les commandes n°&nbsp;").unwrap();
        said.push(range.split_once('.').unwrap().0.replace("&nbsp;", ""));
        let Some(next) = older(page) else { break page.contains(&order.token) };
        assert!(!page.contains(&order.token), "{page}");
        path = next;
    };
    assert!(found);
    assert_eq!(said, ["7001 à n°12000", "2001 à n°7000", "1 à n°2000"]);
    // By its whole number or its token, an order is found at once.
    for q in ["1", &order.token] {
        let page = world.merchant(&format!("/marchand?q={q}"));
        assert!(page.as_str().unwrap().contains(&order.token) && older(page.as_str().unwrap()).is_none(), "{page:?}");
    }
}

/// It is no longer waited for, but still checked: money wins.
#[test]
fn an_order_that_the_merchant_has_closed_is_shipped_if_it_is_paid() {
    let world = World::start();
    let order = world.order("cafe");
    let page = world.merchant("/marchand");
    let (_, key) = page.as_str().unwrap().split_once(r#"name="key" value=""#).unwrap();
    let change =
        |change: &str| world.merchant_posts(&format!("key={}&order=1&change={change}", &key[..32])).status_code;
    let lists = |filter: &str| {
        let page = world.merchant(&format!("/marchand?filtre={filter}"));
        let page = page.as_str().unwrap();
        let waits = page.contains("<dt>En attente de paiement</dt><dd>1</dd>");
        (page.contains(&order.token), waits)
    };
    assert_eq!(world.merchant_posts("key=0&order=1&change=clore").status_code, 403, "another site's form");
    assert_eq!((change("clore"), &*world.state(&order)), (303, "closed"));
    assert_eq!((lists("attente"), lists("closes")), ((false, false), (true, false)));
    let pay = world.post(&format!("/commandes/{}/payer", order.reference), "");
    assert_eq!(header(&pay, "location"), format!("/commandes/{}", order.reference), "nobody is sent to pay for it");
    assert_eq!((change("rouvrir"), &*world.state(&order)), (303, "pending"));
    assert_eq!((lists("attente"), lists("closes")), ((true, true), (false, true)));
    assert_eq!((change("clore"), &*world.state(&order)), (303, "closed"));
    world.customer_submits(&order, "paid");
    world.wait_for(&order, "shipped");
    assert_eq!((lists("livrer"), lists("closes")), ((true, false), (false, false)));
    assert_eq!((change("clore"), &*world.state(&order)), (303, "shipped"), "a paid order cannot be closed");
}
