//! The documentation's samples: the bytes that Java 17 and PHP's Symfony client send when they run them.

use ekolopay_sandbox::Sandbox;
use serde_json::json;

use crate::client::{Answer, CHECK, PURCHASE, attempt};

const JAVA_PURCHASE: &str = "customer=%7B%22uuid%22%3A%22d34f747e-8876-428c-9466-becf59177bde%22%2C%22name%22%3A%22Kanza\
    %22%2C%22phone%22%3A%22066304925%22%7D&product=%7B%22label%22%3A%22066304925%22%2C%22amount\
    %22%3A150000%2C%22details%22%3A%22Iphone+S%2C+32+GB%2C+Gris...%22%7D&amount=150000&\
    secret_key=054e9a59-ab57-4e9a-940d-97e6b940d875&";

const JAVA_CHECK: &str = "purchaseToken=940d4e9aab5797e6055e1259b84a9875&\
    secret_key=054e9a59-ab57-4e9a-940d-97e6b940d875&";

const PHP_BODY: &str = "customer=%7B%22uuid%22%3A%22d34f747e-8876-428c-9466-becf59177bde%22%2C%22name\
    %22%3A%22Kanza%22%2C%22phone%22%3A%22066304925%22%7D&product=%7B%22label%22%3A%22Achat+d%27un\
    +Iphone+S%22%2C%22amount%22%3A150000%2C%22details%22%3A%22Iphone+S%2C+32+GB%2C+Gris...%22%7D\
    &amount=150000&secret_key=054e9a59-ab57-4e9a-940d-97e6b940d875";

fn send(sandbox: &Sandbox, path: &str, head: &str, body: &str) -> Answer {
    let form = format!("Content-type: application/x-www-form-urlencoded\r\nContent-Length: {}", body.len());
    attempt(sandbox, &format!("POST {path} HTTP/1.1\r\n{head}\r\n{form}\r\n\r\n{body}")).unwrap()
}

/// The documented Java sample sends its check to `purchase-token` by mistake, and is refused because it holds no order.
/// The same body is accepted by `check-payment`.
#[test]
fn java_purchase_and_check() {
    let java = "User-Agent: Java/17.0.15\r\nHost: 127.0.0.1:8098\r\nAccept: text/html, image/gif, image/jpeg, */*; q=0.2\r\n\
                Connection: keep-alive";
    let sandbox = Sandbox::start().unwrap();
    let data = send(&sandbox, PURCHASE, java, JAVA_PURCHASE).data();
    let payment = sandbox.payments().remove(0);
    assert_eq!(data, json!({"purchaseToken": payment.token}));
    assert_eq!((payment.amount, &*payment.label, payment.name.as_deref()), (150_000, "066304925", Some("Kanza")));
    assert_eq!(payment.details.as_deref(), Some("Iphone S, 32 GB, Gris..."));
    let message = send(&sandbox, PURCHASE, java, JAVA_CHECK).refusal();
    assert_eq!(message, "amount doit être un nombre entier positif, écrit en chiffres.");
    assert_eq!(send(&sandbox, CHECK, java, JAVA_CHECK).refusal(), "purchaseToken inconnu.");
    let known = JAVA_CHECK.replace("940d4e9aab5797e6055e1259b84a9875", &payment.token);
    assert_eq!(send(&sandbox, CHECK, java, &known).data(), json!({"payment_successful": false}));
}

#[test]
fn php_purchase_and_check() {
    let php = "Host: 127.0.0.1:8099\r\nAccept: */*\r\nUser-Agent: Symfony HttpClient/Curl\r\nAccept-Encoding: gzip";
    let sandbox = Sandbox::start().unwrap();
    send(&sandbox, PURCHASE, php, PHP_BODY).data();
    let payment = sandbox.payments().remove(0);
    assert_eq!(payment.label, "Achat d'un Iphone S");
    let body = JAVA_CHECK.replace("940d4e9aab5797e6055e1259b84a9875", &payment.token);
    assert_eq!(send(&sandbox, CHECK, php, body.trim_end_matches('&')).data(), json!({"payment_successful": false}));
}
