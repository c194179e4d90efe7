//! The page for the shop's developer.

use std::time::{SystemTime, UNIX_EPOCH};

use ekolopay_sandbox::Sandbox;

use crate::client::{OK, get, new_token, post, purchase, settle, shop, token_for};

#[test]
fn it_shows_the_payments_with_both_bodies_but_no_markup_of_others() {
    let url = shop(|_| "HTTP/1.1 418 Teapot\r\n\r\n<b>Deprecated".to_owned());
    let sandbox = Sandbox::builder().callback_url(&url).start().unwrap();
    get(&sandbox, "/sandbox").shows(&["Aucun paiement pour l’instant."]);
    let (pending, settled) = (new_token(&sandbox), token_for(&sandbox, "product", r#"{"label":"<script>"}"#));
    settle(&sandbox, &settled, "rejected");
    let page = get(&sandbox, "/sandbox");
    page.shows(&[
        &pending,
        &settled,
        &url,
        "\u{a0}: HTTP\u{a0}418",
        "En attente",
        "Rejeté",
        "150\u{202f}000\u{a0}FCFA",
    ]);
    page.shows(&[
        "amount=150000",
        "secret_key=***",
        "purchaseToken&quot;:&quot;",
        "status=REJECTED",
        "&lt;b&gt;Deprecated",
    ]);
    page.shows(&["060000001", "060000012", "délai dépassé, puis payé quand même"]);
    assert!(!page.body.contains("<script") && !page.body.contains("<b>"));
    // Only a payment whose callback was sent has a button that sends it again.
    page.shows(&[&format!("action=\"/sandbox/api/payments/{settled}/callback\"")]);
    assert_eq!(page.body.matches("Renvoyer le callback").count(), 1);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 3600;
    let near = [now, now - 60].map(|time| format!(">{:02}:{:02}:", time / 3600 % 24, time / 60 % 60));
    assert!(near.iter().any(|time| page.body.contains(time)), "Brazzaville's time: {near:?}");
}

#[test]
fn its_buttons_use_the_control_and_come_back() {
    let sandbox = Sandbox::builder().callback_url(shop(|_| OK.to_owned())).start().unwrap();
    get(&sandbox, "/sandbox").shows(&["name=\"available\" value=\"false\"", "En service"]);
    assert_eq!(post(&sandbox, "/sandbox/api/service", "available=false").target(), Some("/sandbox"));
    assert_eq!(purchase(&sandbox, &[]).json()["reason"], "UNAVAILABLE_SERVICE");
    get(&sandbox, "/sandbox").shows(&["name=\"available\" value=\"true\"", "Hors service"]);
    assert_eq!(post(&sandbox, "/sandbox/api/service", "available=true").target(), Some("/sandbox"));
    let token = new_token(&sandbox);
    settle(&sandbox, &token, "paid");
    assert_eq!(post(&sandbox, &format!("/sandbox/api/payments/{token}/callback"), "").target(), Some("/sandbox"));
    assert_eq!(crate::client::sent(&sandbox).len(), 2);
    assert_eq!(get(&sandbox, "/").target(), Some("/sandbox"));
}

#[test]
fn of_a_thousand_payments_it_shows_the_newest() {
    let sandbox = Sandbox::start().unwrap();
    (1..=1000).for_each(|number| drop(sandbox.add_payment(&format!("n° {number}."), number)));
    let page = get(&sandbox, "/sandbox");
    page.shows(&["Les 50 plus récents sur 1\u{202f}000.", ">n° 1000.<", ">n° 951.<", ">999\u{a0}FCFA"]);
    assert!(!page.body.contains(">n° 950.<") && page.body.len() < 50_000);
}
