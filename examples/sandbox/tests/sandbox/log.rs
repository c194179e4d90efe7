//! Rows 117 and 121: the log says what the gateway said, and no key.

use std::sync::{Arc, Mutex};

use ekolopay_sandbox::{DEMO_SECRET_KEY, Inbox, Sandbox, SandboxBuilder};

use crate::client::{CHECK, PURCHASE, check, get, new_token, post, purchase, request, settle, token_for, wait_until};

type Lines = Arc<Mutex<Vec<String>>>;

fn logged(builder: SandboxBuilder) -> (Sandbox, Lines) {
    let lines = Lines::default();
    let kept = Arc::clone(&lines);
    (builder.log(move |line: &str| kept.lock().unwrap().push(line.to_owned())).start().unwrap(), lines)
}

#[test]
fn one_line_per_call_and_callback_with_what_was_said() {
    let inbox = Inbox::start().unwrap();
    let (sandbox, lines) = logged(Sandbox::builder().callback_url(inbox.url()));
    let token = new_token(&sandbox);
    check(&sandbox, &token);
    settle(&sandbox, &token, "paid");
    get(&sandbox, "/nowhere?secret=1");
    purchase(&sandbox, &[("secret_key", Some("wrong"))]);
    post(&sandbox, CHECK, "purchaseToken=");
    for kind in ["application/json", "multipart/form-data"] {
        request(&sandbox, "POST", PURCHASE, &format!("Content-Type: {kind}; boundary=x\r\n"), "{}");
    }
    sandbox.set_in_service(false);
    check(&sandbox, &token);
    let [purchase, checking] = ["purchase-token", "check-payment"].map(|call| format!("POST /api/v1/gateway/{call}"));
    let form = format!("{purchase} refused: Le corps de la requête doit être en x-www-form-urlencoded. Reçu\u{a0}:");
    let expected = [
        format!("{purchase} accepted: {{\"purchaseToken\":\"{token}\"}}"),
        format!("{checking} accepted: {{\"payment_successful\":false}}"),
        format!("callback {} 200", inbox.url()),
        format!("POST /purchase-product/{token} 303"),
        "GET /nowhere 404".to_owned(),
        format!("{purchase} refused: secret_key manquante ou incorrecte."),
        format!(
            "{checking} refused: secret_key manquante ou incorrecte. Sans clé, comme un contrôle de disponibilité."
        ),
        format!("{form} «\u{a0}application/json\u{a0}»."),
        format!("{form} «\u{a0}multipart/form-data\u{a0}»."),
        format!("{checking} refused: Service indisponible"),
    ];
    wait_until("all lines", || lines.lock().unwrap().len() == expected.len());
    for (line, start) in lines.lock().unwrap().iter().zip(&expected) {
        let time = line.strip_prefix(&format!("{start} (")).and_then(|time| time.strip_suffix(" ms)")).expect(line);
        time.parse::<u64>().expect(line);
    }
}

#[test]
fn no_key_is_in_any_line_page_or_json() {
    let (sandbox, lines) = logged(Sandbox::builder());
    // A wrong key here may be the right one elsewhere.
    let wrong = "sk-live-1234";
    let token = token_for(&sandbox, "customer", r#"{"phone":"066304925","Secret_Key":["sk-live-1234"]}"#);
    for name in ["secret_key", "secret_key[]", "SECRET_KEY"] {
        post(&sandbox, CHECK, &format!("purchaseToken={token}&{name}={wrong}"));
        post(&sandbox, CHECK, &format!("purchaseToken={token}&{name}={wrong}&secret_key={DEMO_SECRET_KEY}")).data();
    }
    let odd = format!("%7B%22secret_key%22%3A%22{wrong}%22%7D&x=%7B%22secret%22:{wrong}");
    post(&sandbox, CHECK, &format!("purchaseToken={token}&{odd}"));
    for key in [wrong, DEMO_SECRET_KEY] {
        let part = |name, value| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        let multipart = part("purchaseToken", &*token) + &part("secret_key", key) + "--x--";
        let json = format!(r#"{{"purchaseToken":"{token}","secret_key":"{key}"}}"#);
        request(&sandbox, "POST", CHECK, "Content-Type: application/json\r\n", &json).refusal();
        request(&sandbox, "POST", CHECK, "Content-Type: multipart/form-data; boundary=x\r\n", &multipart).refusal();
        get(&sandbox, &format!("/sandbox?secret_key={key}"));
    }
    get(&sandbox, &format!("/{DEMO_SECRET_KEY}/{}", DEMO_SECRET_KEY.replace('-', "%2D")));
    let payment = get(&sandbox, &format!("/sandbox/api/payments/{token}")).json();
    assert_eq!(payment["calls"].as_array().unwrap().len(), 8);
    let mut shown = vec![payment.to_string(), get(&sandbox, "/sandbox").body, format!("{:?}", sandbox.payments())];
    shown.extend(lines.lock().unwrap().iter().cloned());
    for text in shown {
        for key in [wrong, DEMO_SECRET_KEY, "57%2D4e9a"] {
            assert!(!text.contains(key), "{key} in {text}");
        }
    }
}

#[test]
fn a_request_cannot_break_its_line() {
    let (sandbox, lines) = logged(Sandbox::builder().secret_key("key"));
    get(&sandbox, "/a%0Ab");
    // The path is decoded to hide the key, and a decoded line break must not break the line.
    get(&sandbox, "/key%0A%1b%5B31mGET");
    get(&sandbox, &format!("/{}", "a".repeat(9000)));
    let lines = lines.lock().unwrap();
    assert!(lines[0].starts_with("GET /a%0Ab 404 ") && lines[1].starts_with("GET /***??[31mGET 404 "), "{lines:?}");
    assert!(lines[2].len() < 300 && !lines.iter().any(|line| line.contains(char::is_control)));
}

#[test]
fn a_log_that_panics_does_not_stop_the_server() {
    fn shared<T: Send + Sync>(_: &T) {}
    let sandbox = Sandbox::builder().log(|line| assert!(!line.contains("/boom"), "as asked")).start().unwrap();
    shared(&sandbox);
    assert_eq!((get(&sandbox, "/boom").status, get(&sandbox, "/sandbox").status), (500, 200));
}
