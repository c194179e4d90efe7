//! The shop as its customers, its merchant and whoever starts it see it.

mod support;

use std::process::Output;

use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY};
use support::{PASSWORD, World, header, program};

#[test]
fn an_order_is_stored_with_its_token_before_the_customer_is_sent_to_pay() {
    let world = World::start();
    let order = world.order("iphone");
    let kept: (String, String, u32, String) = world
        .database()
        .query_row("SELECT token, label, amount, phone FROM orders WHERE reference = ?1", [&order.reference], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .unwrap();
    assert_eq!(kept, (order.token.clone(), "Iphone S".to_owned(), 150_000, "066304925".to_owned()));
    let payment = &world.sandbox.payments()[0];
    assert_eq!((payment.token.as_str(), payment.amount, payment.label.as_str()), (&*order.token, 150_000, "Iphone S"));
    assert_eq!((payment.name.as_deref(), payment.phone.as_str()), (Some("Kanza"), "066304925"));
}

#[test]
fn the_price_is_the_shops_own() {
    let world = World::start();
    let answer = world.post("/produits/iphone", "phone=066304925&amount=1&price=1&slug=cafe");
    assert_eq!(answer.status_code, 303);
    assert_eq!(world.sandbox.payments()[0].amount, 150_000);
}

#[test]
fn an_order_is_paid_with_one_token_however_often_the_customer_asks() {
    let world = World::start();
    let order = world.order("cafe");
    for _ in 0..3 {
        let answer = world.post(&format!("/commandes/{}/payer", order.reference), "");
        assert!(header(&answer, "location").ends_with(&order.token), "{answer:?}");
    }
    assert_eq!(world.sandbox.payments().len(), 1);
    world.customer_submits(&order, "paid");
    world.wait_for(&order, "shipped");
    let answer = world.post(&format!("/commandes/{}/payer", order.reference), "");
    assert_eq!(header(&answer, "location"), format!("/commandes/{}", order.reference), "not to pay again");
}

#[test]
fn an_order_made_while_the_gateway_is_out_of_service_is_kept_and_paid_later() {
    let world = World::start();
    world.sandbox.set_in_service(false);
    let answer = world.post("/produits/lampe", "phone=066304925");
    let path = header(&answer, "location").to_owned();
    assert!(path.starts_with("/commandes/"), "{answer:?}");
    let page = world.get(&path, "");
    assert!(page.as_str().unwrap().contains("Rien n’a été débité"), "{page:?}");
    world.sandbox.set_in_service(true);
    let answer = world.post(&format!("{path}/payer"), "");
    assert!(header(&answer, "location").contains("/purchase-product/"), "{answer:?}");
    assert_eq!(world.sandbox.payments().len(), 1);
}

#[test]
fn a_form_with_something_wrong_comes_back_with_what_was_typed() {
    let world = World::start();
    for (form, says) in [
        ("", "Indiquez le numéro"),
        ("phone=+&name=Kanza", "Indiquez le numéro"),
        ("phone=abc&name=%22%3E%3Cscript%3E", "La plateforme de paiement répond : customer.phone"),
    ] {
        let answer = world.post("/produits/cafe", form);
        assert_eq!(answer.status_code, 422, "{form}");
        let page = answer.as_str().unwrap();
        assert!(page.contains(says) && page.contains(r#"aria-invalid="true""#), "{page}");
        assert!(!page.contains("><script>"), "{page}");
    }
    for (form, status) in [("phone=%FF", 422), ("phone=1&phone=2", 400), (&"a".repeat(100_000), 400)] {
        assert_eq!(world.post("/produits/cafe", form).status_code, status);
    }
    assert!(world.sandbox.payments().is_empty());
}

#[test]
fn the_cookie_is_for_this_shop_alone() {
    let world = World::start();
    let answer = world.post("/produits/cafe", "phone=066304925");
    let (_, settings) = header(&answer, "set-cookie").split_once("; ").unwrap();
    assert_eq!(settings, "Path=/; HttpOnly; SameSite=Lax; Max-Age=604800; Secure");
    let page = world.get("/", "");
    assert!(header(&page, "content-security-policy").starts_with("default-src 'none'; "));
    assert_eq!(header(&page, "referrer-policy"), "no-referrer");
    assert_eq!(header(&page, "cache-control"), "no-store");
}

#[test]
fn the_page_of_all_orders_is_the_merchants() {
    let world = World::start();
    let order = world.order("pagne");
    let get = |authorization: Option<&str>| {
        let mut request = minreq::get(format!("{}/marchand", world.origin));
        if let Some(authorization) = authorization {
            request = request.with_header("Authorization", authorization);
        }
        request.send().unwrap()
    };
    // Nobody's, `marchand:` and `marchand:demo`.
    for wrong in
        [None, Some("Basic bWFyY2hhbmQ6"), Some("Basic bWFyY2hhbmQ6ZGVtbw=="), Some("Basic %"), Some("Bearer x")]
    {
        let answer = get(wrong);
        assert_eq!(answer.status_code, 401, "{wrong:?}");
        assert_eq!(header(&answer, "www-authenticate"), r#"Basic realm="marchand", charset="UTF-8""#);
        assert!(!answer.as_str().unwrap().contains(&order.reference));
    }
    // `marchand:a merchant's password`
    assert_eq!(PASSWORD, "a merchant's password");
    let answer = get(Some("Basic bWFyY2hhbmQ6YSBtZXJjaGFudCdzIHBhc3N3b3Jk"));
    let page = answer.as_str().unwrap();
    assert_eq!(answer.status_code, 200);
    for text in ["Pagne « Brazza »", "18\u{202f}500\u{a0}FCFA", "Kanza 066304925", "ouverte", &order.token] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[test]
fn what_does_not_exist_is_said_so() {
    let world = World::start();
    for path in ["/nulle-part", "/produits/rien", "/commandes/rien", "/commandes/rien/etat", "//", "/callback"] {
        assert_eq!(world.get(path, "").status_code, 404, "{path}");
    }
    assert_eq!(world.post("/commandes/rien/payer", "").status_code, 404);
    let head = minreq::head(format!("{}/", world.origin)).send().unwrap();
    assert_eq!((head.status_code, head.as_bytes().len()), (200, 0));
}

/// How it ends when it is started so, for real.
fn live(variables: &[(&str, &str)], arguments: &[&str]) -> (Option<i32>, String) {
    let mut program = program();
    program.args(["--live", "--listen", "127.0.0.1:0"]).args(arguments).envs(variables.iter().copied());
    let Output { status, stdout, stderr } = program.output().unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

#[test]
fn it_sells_for_real_only_with_all_that_this_needs() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shop.db");
    let database = ["--database", file.to_str().unwrap()];
    let client = ("EKOLOPAY_API_CLIENT", DEMO_API_CLIENT);
    let secret = ("EKOLOPAY_SECRET_KEY", DEMO_SECRET_KEY);
    for (variables, arguments, says) in [
        (&[client, secret][..], &[][..], "--database"),
        (&[], &database, "EKOLOPAY_API_CLIENT is not set"),
        (&[client], &database, "EKOLOPAY_SECRET_KEY is not set"),
        (&[client, secret], &database, "SHOP_PASSWORD is not set"),
        (&[client, secret, ("SHOP_PASSWORD", "")], &database, "SHOP_PASSWORD is empty"),
        (
            &[client, secret, ("SHOP_PASSWORD", "x"), ("EKOLOPAY_ORIGIN", "http://example.com")],
            &database,
            "EKOLOPAY_ORIGIN",
        ),
    ] {
        let (code, text) = live(variables, arguments);
        assert!(code.is_some_and(|code| code != 0) && text.contains(says), "{says}: {code:?} {text}");
        assert!(!text.contains(DEMO_SECRET_KEY), "{text}");
    }
    assert!(!file.exists(), "nothing is made before all is known");
}
