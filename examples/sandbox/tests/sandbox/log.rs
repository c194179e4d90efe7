//! The log says what the gateway said, and no key.

use std::sync::{Arc, Mutex};

use ekolopay_sandbox::{DEMO_SECRET_KEY, Inbox, Sandbox, SandboxBuilder};

use crate::client::{CHECK, JSON, PURCHASE, check, get, new_token, post, purchase, raw, request, settle};

const MULTIPART: (&str, &str) = ("Content-Type", "multipart/form-data; boundary=x");

fn logged(builder: SandboxBuilder) -> (Sandbox, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::<Mutex<Vec<String>>>::default();
    let kept = Arc::clone(&lines);
    let log = move |line: &str| {
        assert!(!line.contains("/boom"), "as asked");
        kept.lock().unwrap().push(line.to_owned());
    };
    (builder.log(log).start().unwrap(), lines)
}

#[test]
fn one_line_per_call_and_callback_with_what_was_said() {
    let inbox = Inbox::start().unwrap();
    let url = inbox.url();
    let (sandbox, lines) = logged(Sandbox::builder().callback_url(&url));
    let token = new_token(&sandbox, &[]);
    check(&sandbox, &token);
    settle(&sandbox, &token, "paid");
    assert_eq!(get(&sandbox, "/boom").status, 500, "a log that panics does not stop the server");
    get(&sandbox, "/nowhere?secret=1");
    raw(&sandbox, "GET / HTTP/1.1\r\nHost: gateway:8099");
    purchase(&sandbox, &[("secret_key", "wrong")]);
    post(&sandbox, CHECK, "purchaseToken=");
    request(&sandbox, "POST", PURCHASE, &[JSON], "{}");
    request(&sandbox, "POST", PURCHASE, &[MULTIPART], "{}");
    sandbox.set_in_service(false);
    check(&sandbox, &token);
    // A path is decoded to hide the key in it, and must not break its line.
    get(&sandbox, &format!("/{DEMO_SECRET_KEY}/a%0Ab/{}%1b%5B31m", DEMO_SECRET_KEY.replace('-', "%2D")));
    get(&sandbox, &format!("/{}", "a".repeat(9000)));
    let expected = format!(
        "POST /api/v1/gateway/purchase-token accepted: {{\"purchaseToken\":\"{token}\"}}
        POST /api/v1/gateway/check-payment accepted: {{\"payment_successful\":false}}
        callback {url} 200
        POST /purchase-product/{token} 303
        GET /nowhere 404
        GET / 421 Host: gateway:8099
        POST /api/v1/gateway/purchase-token refused: secret_key manquante ou incorrecte.
        POST /api/v1/gateway/check-payment refused: secret_key manquante ou incorrecte. Aucune secret_key reçue : normal pour le contrôle de disponibilité du SDK.
        POST /api/v1/gateway/purchase-token refused: Le corps de la requête doit être en x-www-form-urlencoded. Reçu : « application/json ».
        POST /api/v1/gateway/purchase-token refused: Le corps de la requête doit être en x-www-form-urlencoded. Reçu : « multipart/form-data ».
        POST /api/v1/gateway/check-payment refused: Service indisponible
        GET /***/a?b/***?[31m 404
        GET /{} 404",
        "a".repeat(199)
    );
    let lines = lines.lock().unwrap();
    assert_eq!(lines.len(), expected.lines().count());
    for (line, expected) in lines.iter().zip(expected.lines()) {
        let (said, time) = line.rsplit_once(" (").unwrap();
        assert_eq!(said.replace('\u{a0}', " "), expected.trim());
        assert!(time.strip_suffix(" ms)").is_some_and(|time| time.parse::<u64>().is_ok()), "{line}");
    }
}

#[test]
fn no_key_is_in_any_line_page_or_json() {
    let (sandbox, lines) = logged(Sandbox::builder());
    let wrong = "sk-live-1234";
    let token = new_token(&sandbox, &[("customer", r#"{"phone":"066304925","Secret_Key":["sk-live-1234"]}"#)]);
    for name in ["secret_key", "secret_key[]", "SECRET_KEY"] {
        let form = format!("purchaseToken={token}&{name}={wrong}");
        post(&sandbox, CHECK, &form).reply().unwrap_err();
        post(&sandbox, CHECK, &format!("{form}&secret_key={DEMO_SECRET_KEY}")).reply().unwrap();
    }
    let odd = format!("%7B%22secret_key%22%3A%22{wrong}%22%7D&x=%7B%22secret%22:{wrong}");
    post(&sandbox, CHECK, &format!("purchaseToken={token}&{odd}"));
    for key in [wrong, DEMO_SECRET_KEY] {
        let json = format!(r#"{{"purchaseToken":"{token}","secret_key":"{key}"}}"#);
        let part = |name, value| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        let multipart = part("purchaseToken", &*token) + &part("secret_key", key) + "--x--";
        request(&sandbox, "POST", CHECK, &[JSON], &json).reply().unwrap_err();
        request(&sandbox, "POST", CHECK, &[MULTIPART], &multipart).reply().unwrap_err();
        get(&sandbox, &format!("/sandbox?secret_key={key}"));
    }
    let payment = get(&sandbox, &format!("/sandbox/api/payments/{token}")).json();
    assert_eq!(payment["calls"].as_array().unwrap().len(), 8);
    let page = get(&sandbox, "/sandbox").text;
    let shown = [payment.to_string(), page, format!("{:?}", sandbox.payments()), lines.lock().unwrap().join("\n")];
    for key in [wrong, DEMO_SECRET_KEY] {
        assert!(shown.iter().all(|text| !text.contains(key)), "{key} in {shown:?}");
    }
}
