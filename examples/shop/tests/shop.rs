//! The shop as seen by its customers, its merchant and the person who starts it.

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;
use std::thread;
use std::time::Duration;

use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY};
use ekolopay_test_kit::{Authority, RawRequest};
use support::{AUTHORIZATION, PROGRAM, World, header, older, program, wait_until, without_settings};

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
    assert_eq!(kept, (order.token.clone(), "iPhone S".to_owned(), 150_000, "066304925".to_owned()));
    let payment = &world.sandbox.payments()[0];
    assert_eq!((payment.token.as_str(), payment.amount, payment.label.as_str()), (&*order.token, 150_000, "iPhone S"));
    assert_eq!((payment.name.as_deref(), payment.phone.as_str()), (Some("Kanza"), "066304925"));
}

#[test]
fn a_form_cannot_set_the_price() {
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
fn many_clicks_at_once_make_one_token() {
    let world = World::start();
    world.sandbox.set_in_service(false);
    let path = header(&world.post("/produits/cafe", "phone=066304925"), "location").to_owned();
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
}

/// The database cannot grow, as on a full disk.
#[cfg(unix)]
#[test]
fn a_customer_whose_token_cannot_be_stored_is_not_sent_to_pay() {
    let mut small = without_settings("sh");
    small.args(["-c", r#"trap "" XFSZ; ulimit -f 400; exec "$@""#, "sh", PROGRAM]);
    let world = World::start_by(small, Duration::ZERO);
    world.sandbox.set_in_service(false);
    let path = header(&world.post("/produits/cafe", "phone=066304925"), "location").to_owned();
    world.sandbox.set_in_service(true);
    wait_until("the database is full", || world.post("/produits/cafe", "phone=066304925").status_code == 503);
    let answer = world.post(&format!("{path}/payer"), "");
    assert_eq!(answer.status_code, 503, "{answer:?}");
    assert!(!answer.as_str().unwrap().contains("débité"), "{answer:?}");
    let reference = path.rsplit('/').next().unwrap();
    let sql = "SELECT token FROM orders WHERE reference = ?1";
    let kept: Option<String> = world.database().query_row(sql, [reference], |row| row.get(0)).unwrap();
    assert_eq!(kept, None);
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
    let page = world.get(&path, "");
    assert!(page.as_str().unwrap().contains("Paiement en attente"), "the outage is over: {page:?}");
}

#[test]
fn a_problem_is_no_longer_shown_once_the_order_is_paid() {
    let world = World::start();
    let order = world.order("lampe");
    world.database().execute("UPDATE orders SET problem = 'unreachable', problem_at = 0", []).unwrap();
    let shown = || {
        let page = minreq::get(format!("{}/marchand", world.origin)).with_header("Authorization", AUTHORIZATION);
        page.send().unwrap().as_str().unwrap().contains("ne répond pas")
    };
    assert!(shown());
    world.customer_submits(&order, "paid");
    world.wait_for(&order, "shipped");
    world.database().execute("UPDATE orders SET problem = 'unreachable', problem_at = 0", []).unwrap();
    assert!(!shown());
}

#[test]
fn a_form_with_a_mistake_comes_back_filled_in() {
    let world = World::start();
    for (form, says) in [
        ("", "Indiquez le numéro"),
        ("phone=+&name=Kanza", "Indiquez le numéro"),
        ("phone=abc&name=%22%3E%3Cscript%3E", "Ce numéro n’est pas valable"),
        (&format!("phone=066304925&name={}", "a".repeat(101)), "trop long"),
    ] {
        let answer = world.post("/produits/cafe", form);
        assert_eq!(answer.status_code, 422, "{form}");
        let page = answer.as_str().unwrap();
        assert!(page.contains(says) && page.contains(r#"aria-invalid="true""#), "{page}");
        assert!(!page.contains("><script>"), "{page}");
    }
    for (form, status) in [("phone=%FF", 422), ("phone=1&phone=2", 400), (&"a".repeat(100_000), 413)] {
        assert_eq!(world.post("/produits/cafe", form).status_code, status);
    }
    assert!(world.sandbox.payments().is_empty());
    let orders: u32 = world.database().query_row("SELECT COUNT(*) FROM orders", [], |row| row.get(0)).unwrap();
    assert_eq!(orders, 0, "an order that the gateway refused is not kept");
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
fn the_page_of_all_orders_needs_the_password() {
    let world = World::start();
    let order = world.order("pagne");
    let get = |authorization: Option<&str>| {
        let mut request = minreq::get(format!("{}/marchand", world.origin));
        if let Some(authorization) = authorization {
            request = request.with_header("Authorization", authorization);
        }
        request.send().unwrap()
    };
    // No password, then `marchand:` and `marchand:demo`.
    for wrong in
        [None, Some("Basic bWFyY2hhbmQ6"), Some("Basic bWFyY2hhbmQ6ZGVtbw=="), Some("Basic %"), Some("Bearer x")]
    {
        let answer = get(wrong);
        assert_eq!(answer.status_code, 401, "{wrong:?}");
        assert_eq!(header(&answer, "www-authenticate"), r#"Basic realm="marchand", charset="UTF-8""#);
        assert!(!answer.as_str().unwrap().contains(&order.reference));
    }
    let answer = get(Some(AUTHORIZATION));
    let page = answer.as_str().unwrap();
    assert_eq!(answer.status_code, 200);
    for text in [
        "Pagne Brazza",
        "18\u{202f}500\u{a0}FCFA",
        "Kanza",
        "06\u{a0}630\u{a0}49\u{a0}25",
        "En attente de paiement",
        &order.token,
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[test]
fn the_merchant_sees_all_orders_page_by_page() {
    let world = World::start();
    let first = world.order("cafe");
    world.customer_submits(&first, "paid");
    world.wait_for(&first, "shipped");
    world.fill(250);
    let (mut path, mut seen) = ("/marchand".to_owned(), 0);
    loop {
        let request = minreq::get(format!("{}{path}", world.origin)).with_header("Authorization", AUTHORIZATION);
        let answer = request.send().unwrap();
        let page = answer.as_str().unwrap();
        assert!(page.contains("<dt>Payées, à livrer</dt><dd>1</dd>"), "{page}");
        assert!(page.contains("<dt>En attente de paiement</dt><dd>0</dd>"), "{page}");
        seen += page.matches(r#"<a href="/commandes/"#).count();
        let Some(older) = older(page) else { break };
        path = older;
    }
    assert_eq!(seen, 250);
}

#[test]
fn unknown_addresses_are_not_found() {
    let world = World::start();
    for path in ["/nulle-part", "/produits/rien", "/commandes/rien", "/commandes/rien/etat", "//", "/callback"] {
        assert_eq!(world.get(path, "").status_code, 404, "{path}");
    }
    assert_eq!(world.post("/commandes/rien/payer", "").status_code, 404);
    let head = minreq::head(format!("{}/", world.origin)).send().unwrap();
    assert_eq!((head.status_code, head.as_bytes().len()), (200, 0));
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
        (&[client, secret, ("SHOP_PASSWORD", "short")], "at least 12 characters"),
        (&[client, secret, ("SHOP_PASSWORD", "a long password"), plain], "EKOLOPAY_ORIGIN"),
    ] {
        let (code, text) = live(variables, &file);
        assert!(code == Some(1) && text.contains(says), "{says}: {code:?} {text}");
        assert!(!text.contains(DEMO_SECRET_KEY), "{text}");
    }
    assert!(!file.exists(), "no database is made while a variable is missing");
    let all = [client, secret, ("SHOP_PASSWORD", "a long password"), ("EKOLOPAY_ORIGIN", "http://127.0.0.1:9")];
    let (code, text) = live(&all, directory.path());
    assert!(code == Some(1) && text.contains(&directory.path().display().to_string()), "{text}");
}

#[cfg(unix)]
#[test]
fn only_the_shop_can_read_the_database() {
    use std::os::unix::fs::PermissionsExt;

    let world = World::start();
    world.order("cafe");
    for file in world.database().path().map(Path::new).and_then(Path::parent).unwrap().read_dir().unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{file:?}: {mode:o}");
    }
}

/// A company's proxy that inspects traffic has certificates of its own.
#[test]
fn the_certificates_to_trust_may_be_given() {
    let authority = Authority::new();
    let gateway = authority.server(RawRequest::documented);
    let directory = tempfile::tempdir().unwrap();
    let roots = directory.path().join("roots.pem");
    let mut shop = program();
    shop.arg("--root-certificates").arg(&roots);
    shop.args(["--live", "shop.db", "--listen", "127.0.0.1:0"]);
    let refused = shop.env("SHOP_PASSWORD", support::PASSWORD);
    let refused = refused.envs([("EKOLOPAY_API_CLIENT", "demo"), ("EKOLOPAY_SECRET_KEY", "a-secret-key")]).output();
    assert!(String::from_utf8(refused.unwrap().stderr).unwrap().contains("roots.pem: "));
    fs::write(&roots, authority.pem()).unwrap();
    let mut shop = program();
    shop.arg("--root-certificates").arg(&roots);
    let world = World::start_for(shop, &gateway.origin);
    let order = world.post("/produits/cafe", "phone=066304925");
    assert!(header(&order, "location").starts_with(&gateway.origin), "{order:?}");
}
