//! The page for the shop's developer.

use ekolopay_sandbox::{DEMO_SECRET_KEY, Sandbox};

use crate::client::{callback_url, calling, get, new_token, post, post_with, purchase, settle, shop};

#[test]
fn the_root_redirects_to_it() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let answer = get(&sandbox, "/");
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("Location"), Some("/sandbox"));
}

#[test]
fn it_shows_the_payments_and_their_callbacks_but_no_secret() {
    let shop = shop(418);
    let sandbox = calling(&shop);
    assert!(get(&sandbox, "/sandbox").body.contains("Aucun token d’achat"));
    let pending = new_token(&sandbox);
    let settled = new_token(&sandbox);
    settle(&sandbox, &settled, "rejected");
    let page = get(&sandbox, "/sandbox");
    assert_eq!(page.status, 200);
    for text in [
        pending.as_str(),
        settled.as_str(),
        "En attente",
        "REJECTED",
        "150\u{202f}000\u{a0}FCFA",
        "066304925",
        "\u{a0}UTC\u{a0}: HTTP 418",
        callback_url(&shop).as_str(),
    ] {
        assert!(page.body.contains(text), "{text}");
    }
    // Only a settled payment has a button that sends its callback again.
    assert!(page.body.contains(&format!("action=\"/sandbox/callback/{settled}\"")));
    assert!(!page.body.contains(&format!("/sandbox/callback/{pending}")));
    assert!(!page.body.contains(DEMO_SECRET_KEY) && !page.body.contains("<script"));
    // With `no-referrer`, browsers would send its forms with `Origin: null`.
    assert_eq!(page.header("Referrer-Policy"), Some("same-origin"));
    let policy = Some("default-src 'none'; style-src 'unsafe-inline'");
    assert_eq!(page.header("Content-Security-Policy"), policy);
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
    let answer = post(&sandbox, &path, "");
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("Location"), Some("/sandbox"));
    let callbacks = shop.requests();
    assert_eq!(callbacks.len(), 2);
    assert_eq!((&callbacks[0].head, &callbacks[0].body), (&callbacks[1].head, &callbacks[1].body));
    assert_eq!(sandbox.payments()[0].notifications.len(), 2);
    assert_eq!(post(&sandbox, "/sandbox/callback/unknown", "").status, 404);

    let sandbox = Sandbox::start().expect("a sandbox without a callback");
    let token = new_token(&sandbox);
    settle(&sandbox, &token, "paid");
    assert_eq!(post(&sandbox, &format!("/sandbox/callback/{token}"), "").status, 409);
}

#[test]
fn it_switches_the_service_off_and_on() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let on = "name=\"in_service\" value=\"true\"";
    let off = "name=\"in_service\" value=\"false\"";
    assert!(get(&sandbox, "/sandbox").body.contains(off));
    let answer = post(&sandbox, "/sandbox/service", "in_service=false");
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("Location"), Some("/sandbox"));
    assert_eq!(purchase(&sandbox, &[]).json()["reason"], "UNAVAILABLE_SERVICE");
    let page = get(&sandbox, "/sandbox").body;
    assert!(page.contains(on) && page.contains("Hors service"));
    post(&sandbox, "/sandbox/service", "in_service=true");
    purchase(&sandbox, &[]).data();
    assert_eq!(post(&sandbox, "/sandbox/service", "in_service=maybe").status, 400);
    assert_eq!(post(&sandbox, "/sandbox/service", "").status, 400);
    purchase(&sandbox, &[]).data();
}

#[test]
fn other_sites_cannot_use_its_forms() {
    let shop = shop(200);
    let sandbox = calling(&shop);
    let token = new_token(&sandbox);
    settle(&sandbox, &token, "paid");
    let again = format!("/sandbox/callback/{token}");
    for headers in [
        "Origin: http://evil.example\r\n",
        "Origin: https://sandbox\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Origin: http://sandbox\r\nSec-Fetch-Site: cross-site\r\n",
    ] {
        let answer = post_with(&sandbox, "/sandbox/service", headers, "in_service=false");
        assert_eq!(answer.status, 403, "{headers}");
        assert_eq!(post_with(&sandbox, &again, headers, "").status, 403, "{headers}");
    }
    purchase(&sandbox, &[]).data();
    assert_eq!(shop.requests().len(), 1, "only the first callback");
    for headers in ["", "Origin: http://sandbox\r\nSec-Fetch-Site: same-origin\r\n"] {
        let answer = post_with(&sandbox, "/sandbox/service", headers, "in_service=true");
        assert_eq!(answer.status, 303, "{headers}");
        assert_eq!(post_with(&sandbox, &again, headers, "").status, 303, "{headers}");
    }
}
