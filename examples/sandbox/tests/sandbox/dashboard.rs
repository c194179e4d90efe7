//! The page for the shop's developer.

use ekolopay_sandbox::{DEMO_SECRET_KEY, Sandbox, Settlement};

use crate::client::{callback_url, calling, get, new_token, post, purchase, settle, shop};

#[test]
fn it_shows_the_payments_and_their_callbacks_but_no_secret() {
    let shop = shop(418);
    let sandbox = calling(&shop);
    get(&sandbox, "/sandbox").shows(["Aucun paiement pour l’instant."]);
    let (pending, settled) = (new_token(&sandbox), new_token(&sandbox));
    settle(&sandbox, &settled, "rejected");
    let page = get(&sandbox, "/sandbox");
    assert_eq!(page.status, 200);
    page.shows([pending.as_str(), &settled, &callback_url(&shop), "\u{a0}UTC\u{a0}: HTTP\u{a0}418"]);
    page.shows(["En attente", "Rejeté", "150\u{202f}000\u{a0}FCFA", "066304925", "2\u{a0}paiements"]);
    // Only a settled payment has a button that sends its callback again.
    page.shows([format!("action=\"/sandbox/callback/{settled}\"").as_str()]);
    assert_eq!(page.body.matches("Renvoyer le callback").count(), 1);
    assert!(!page.body.contains(DEMO_SECRET_KEY) && !page.body.contains("<script"));
    assert_eq!(page.header("Referrer-Policy"), Some("same-origin"));
}

#[test]
fn a_callback_is_sent_again_on_demand() {
    let shop = shop(200);
    let sandbox = calling(&shop);
    let token = new_token(&sandbox);
    let path = format!("/sandbox/callback/{token}");
    assert_eq!(post(&sandbox, &path, "").status, 409);
    assert!(shop.requests().is_empty());
    settle(&sandbox, &token, "paid");
    sandbox.set_in_service(false);
    assert_eq!(post(&sandbox, &path, "").target(), Some("/sandbox"));
    let callbacks = shop.requests();
    assert_eq!(callbacks.len(), 2);
    assert_eq!((&callbacks[0].head, &callbacks[0].body), (&callbacks[1].head, &callbacks[1].body));
    assert_eq!(sandbox.payments()[0].notifications.len(), 2);
    assert_eq!(post(&sandbox, "/sandbox/callback/unknown", "").status, 404);

    let mute = Sandbox::start().unwrap();
    let token = mute.add_payment("Iphone S", 150_000);
    mute.settle(&token, Settlement::Paid);
    assert_eq!(post(&mute, &format!("/sandbox/callback/{token}"), "").status, 409);
}

#[test]
fn it_switches_the_service_off_and_on() {
    let sandbox = Sandbox::start().unwrap();
    get(&sandbox, "/sandbox").shows(["name=\"in_service\" value=\"false\"", "En service"]);
    assert_eq!(post(&sandbox, "/sandbox/service", "in_service=false").target(), Some("/sandbox"));
    assert_eq!(purchase(&sandbox, &[]).json()["reason"], "UNAVAILABLE_SERVICE");
    get(&sandbox, "/sandbox").shows(["name=\"in_service\" value=\"true\"", "Hors service"]);
    post(&sandbox, "/sandbox/service", "in_service=true");
    purchase(&sandbox, &[]).data();
    assert_eq!(post(&sandbox, "/sandbox/service", "in_service=maybe").status, 400);
    assert_eq!(post(&sandbox, "/sandbox/service", "").status, 400);
    purchase(&sandbox, &[]).data();
}

#[test]
fn every_state_has_a_french_name() {
    let sandbox = Sandbox::start().unwrap();
    for outcome in ["none", "paid", "failed", "rejected", "timeout"] {
        settle(&sandbox, &new_token(&sandbox), outcome);
    }
    let page = get(&sandbox, "/sandbox").body;
    let states: Vec<&str> = page.split("<li>").skip(1).filter_map(|row| row.split(['>', '<']).nth(4)).collect();
    assert_eq!(states, ["Délai dépassé", "Rejeté", "Échoué", "Réussi", "En attente"]);
}

/// The labels on a page, in their order.
fn labels(page: &str) -> Vec<&str> {
    let rows = page.split("<a href=\"/purchase-product/").skip(1);
    rows.filter_map(|row| row.split(['>', '<']).nth(1)).collect()
}

#[test]
fn a_thousand_payments_are_on_pages_of_fifty_with_the_newest_first() {
    let sandbox = Sandbox::start().unwrap();
    (1..=1000).for_each(|number| drop(sandbox.add_payment(&format!("n° {number}"), number)));
    let (older, newer) = ("page=2\">Plus anciens", "page=19\">← Plus récents");
    for (query, first, page, links) in [
        ("", 1000, 1, &[older][..]),
        ("?page=0", 1000, 1, &[older]),
        ("?page=x", 1000, 1, &[older]),
        ("?page=2", 950, 2, &["href=\"/sandbox\">← Plus récents", "page=3\">Plus anciens"]),
        ("?page=20", 50, 20, &[newer]),
        ("?page=99", 50, 20, &[newer]),
    ] {
        let answer = get(&sandbox, &format!("/sandbox{query}"));
        answer.shows(links.iter().copied());
        answer.shows([format!("Page\u{a0}{page} sur\u{a0}20").as_str(), "1\u{202f}000\u{a0}paiements"]);
        assert!(labels(&answer.body).into_iter().eq((first - 49..=first).rev().map(|number| format!("n° {number}"))));
        assert_eq!(answer.body.matches("class=\"button\"").count(), links.len(), "{query}");
        assert!(answer.body.len() < 40_000, "{} bytes", answer.body.len());
    }
    get(&sandbox, "/sandbox").shows([">1\u{202f}000\u{a0}FCFA", ">999\u{a0}FCFA"]);
}

#[test]
fn payments_are_found_by_token_label_or_number() {
    let sandbox = Sandbox::start().unwrap();
    let token = sandbox.add_payment("Lampe <solaire> n° 7", 100);
    let customer = r#"{"phone":"+242055512345"}"#;
    purchase(&sandbox, &[("customer", Some(customer)), ("product", Some(r#"{"label":"Vélo"}"#))]).data();
    let lampe = format!("{}|LAMPE|%3Csolaire%3E|n%C2%B0+7", &token[..9]);
    for (searches, found) in [(lampe.as_str(), "Lampe"), ("%2B24205|+05+55+12+|V%C3%89LO", "Vélo")] {
        for search in searches.split('|') {
            let answer = get(&sandbox, &format!("/sandbox?q={search}"));
            let labels = labels(&answer.body);
            assert!(labels.len() == 1 && labels[0].starts_with(found), "{search}: {labels:?}");
            answer.shows(["1\u{a0}paiement pour «\u{a0}"]);
        }
    }
    let none = get(&sandbox, "/sandbox?q=%3Cb%3E&page=3");
    none.shows(["Aucun paiement pour «\u{a0}&lt;b&gt;\u{a0}»."]);
    assert!(labels(&none.body).is_empty());
}

#[test]
fn the_pages_and_the_buttons_keep_the_search() {
    let shop = shop(200);
    let sandbox = calling(&shop);
    let token = sandbox.add_payment("Iphone & co", 1);
    sandbox.settle(&token, Settlement::Paid);
    (2..=60).for_each(|number| drop(sandbox.add_payment("Iphone & co", number)));
    let page = get(&sandbox, "/sandbox?q=Iphone+%26&page=2");
    let action = format!("/sandbox/callback/{token}?q=Iphone+%26");
    page.shows([
        action.as_str(),
        "value=\"Iphone &amp;\"",
        "href=\"/sandbox?q=Iphone+%26\"",
        "service?q=Iphone+%26&amp;p",
    ]);
    let answer = post(&sandbox, &format!("{action}&page=2"), "");
    assert_eq!(answer.target(), Some("/sandbox?q=Iphone+%26&page=2"));
    get(&sandbox, "/sandbox?q=Iphone&page=2").shows(["(2\u{a0}envois)"]);
}
