//! The control by JSON, and the dashboard that uses it by forms.

use std::time::Duration;

use ekolopay_sandbox::{Inbox, PaymentState, Sandbox};
use ekolopay_test_kit::response;
use serde_json::json;

use crate::client::{check, control, get, new_token, post, purchase, shop};

const UNAVAILABLE: &str =
    "{\n    \"code\" : 0,\n    \"message\" : \"Service indisponible\",\n    \"reason\" : \"UNAVAILABLE_SERVICE\"\n}";

#[test]
fn a_payment_is_settled_and_shown_with_what_was_said() {
    let url = shop(|_| response(418, "<b>Deprecated"));
    let sandbox = Sandbox::builder().callback_url(&url).php_booleans(true).start().unwrap();
    assert_eq!(get(&sandbox, "/").target(), Some("/sandbox"));
    get(&sandbox, "/sandbox").shows(&["Aucun paiement pour l’instant."]);
    let settled = new_token(&sandbox, &[("product", r#"{"label":"<script>"}"#)]);
    let pending = new_token(&sandbox, &[]);
    let listed = control(&sandbox, "GET", "payments", "").json()["payments"][0].take();
    let order = json!({"token": settled, "state": "pending", "amount": 150_000, "label": "<script>",
        "phone": "066304925", "details": null, "name": null, "uuid": null});
    assert_eq!(listed, order);

    // As `curl -d` sends it: as a form.
    let answer = post(&sandbox, &format!("/sandbox/api/payments/{settled}/settle"), r#"{"outcome":"paid"}"#);
    assert_eq!(answer.json()["state"], "paid");
    check(&sandbox, &settled);
    let payment = control(&sandbox, "GET", &format!("payments/{settled}"), "").json();
    let calls = &payment["calls"];
    let (request, reply) = (&calls[0]["request"], &calls[1]["reply"]["response"]["API_RESPONSE_DATA"]["API_DATA"]);
    let ordered = json!([calls[0]["call"], request["amount"], request["secret_key"]]);
    assert_eq!(ordered, json!(["purchase-token", "150000", "***"]));
    assert_eq!(json!([calls[1]["call"], reply]), json!(["check-payment", {"payment_successful": true}]));
    let form = format!("purchaseToken={settled}&paymentSuccessful=1&status=SUCCESSFUL&message=Paiement+r%C3%A9ussi.");
    let callback = &payment["callbacks"][0];
    let sent = json!([callback["body"], callback["status"], callback["reply"]]);
    assert_eq!(sent, json!([form, 418, "<b>Deprecated"]));

    let page = get(&sandbox, "/sandbox");
    page.shows(&[&url, "En attente", "150\u{202f}000\u{a0}FCFA", "060000001", "délai dépassé, puis payé quand même"]);
    page.shows(&["amount=150000", "secret_key=***", "purchaseToken&quot;:&quot;"]);
    page.shows(&["Réussi", "status=SUCCESSFUL", "\u{a0}: HTTP\u{a0}418", "&lt;b&gt;Deprecated", "&lt;script"]);
    assert!(!page.text.contains("<script") && !page.text.contains("<b>"));
    assert!(page.text.find(&pending) < page.text.find(&settled), "the newest comes first");
    assert!(page.text.find("callback, HTTP") < page.text.find("check-payment, HTTP"), "as it happened");
    // Only a payment whose callback was sent has a button that sends it again.
    let again = format!("/sandbox/api/payments/{settled}/callback");
    page.shows(&[&format!("action=\"{again}\"")]);
    assert_eq!(post(&sandbox, &again, "").target(), Some("/sandbox"));
    assert_eq!(page.text.matches("Renvoyer le callback").count(), 1);
    let at = calls[0]["at"].as_u64().unwrap() + 3600; // in Brazzaville
    page.shows(&[&format!(">{:02}:{:02}:{:02}\u{a0}: purchase-token,", at / 3600 % 24, at / 60 % 60, at % 60)]);
}

#[test]
fn out_of_service_every_endpoint_is_unavailable_and_nothing_changes() {
    let sandbox = Sandbox::start().unwrap();
    let token = new_token(&sandbox, &[]);
    let page = format!("/purchase-product/{token}");
    let off = json!({"available": false});
    let bodies = [("PUT", &*off.to_string()), ("GET", "")];
    assert!(bodies.iter().all(|(method, body)| control(&sandbox, method, "service", body).json() == off));
    get(&sandbox, "/sandbox").shows(&["Hors service", "name=\"available\" value=\"true\""]);
    let calls = [purchase(&sandbox, &[]), purchase(&sandbox, &[("secret_key", "")]), check(&sandbox, &token)];
    for answer in calls.into_iter().chain([get(&sandbox, &page), post(&sandbox, &page, "outcome=paid")]) {
        answer.json();
        assert_eq!((answer.status, &*answer.text), (200, UNAVAILABLE));
    }
    assert_eq!((sandbox.payments().len(), sandbox.payments()[0].state), (1, PaymentState::Pending));
    assert_eq!(post(&sandbox, "/sandbox/api/service", "available=true").target(), Some("/sandbox"));
    get(&sandbox, "/sandbox").shows(&["En service", "name=\"available\" value=\"false\""]);
    check(&sandbox, &token).reply().unwrap();
    // A reset brings everything back.
    sandbox.set_in_service(false);
    assert_eq!(control(&sandbox, "DELETE", "payments", "").json(), json!({"deleted": 1}));
    assert_eq!(control(&sandbox, "GET", "payments", "").json(), json!({"payments": []}));
    new_token(&sandbox, &[]);
}

#[test]
fn an_error_is_json_with_a_sentence() {
    let inbox = Inbox::start().unwrap();
    let sandbox = Sandbox::builder().callback_url(inbox.url()).php_booleans(true).start().unwrap();
    let path = format!("payments/{}", new_token(&sandbox, &[]));
    let (settle, callback) = (&*format!("{path}/settle"), &*format!("{path}/callback"));
    for (method, path, body, status) in [
        ("POST", callback, "", 409),
        ("POST", settle, r#"{"outcome":"PAID"}"#, 400),
        ("POST", settle, "outcome=paid", 400),
        ("POST", settle, r#"{"outcome":"failed"}"#, 200),
        ("POST", settle, r#"{"outcome":"paid"}"#, 409),
        ("POST", callback, "", 200),
        ("POST", "payments/unknown/settle", r#"{"outcome":"paid"}"#, 404),
        ("POST", "payments/unknown/callback", "", 404),
        ("GET", "payments/unknown", "", 404),
        ("PUT", "service", r#"{"available":"maybe"}"#, 400),
        ("PATCH", "payments", "", 404),
    ] {
        let answer = control(&sandbox, method, path, body);
        let json = answer.json();
        let sentence = json["error"].as_str().is_some_and(|error| error.ends_with('.') && error.len() > 20);
        assert_eq!((answer.status, sentence), (status, status != 200), "{method} {path} {body}: {json}");
    }
    let bodies = [(); 2].map(|()| String::from_utf8(inbox.recv_timeout(Duration::from_secs(5)).unwrap()).unwrap());
    assert!(bodies[0] == bodies[1] && bodies[0].contains("&paymentSuccessful=0&status=FAILED&"), "{bodies:?}");
}
