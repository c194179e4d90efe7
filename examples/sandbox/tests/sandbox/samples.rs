//! The documentation's samples: the bytes that Java 17 and PHP's Symfony client send when they run them.

use ekolopay_sandbox::Sandbox;
use serde_json::json;

use crate::client::{CHECK, PURCHASE, new_token, send};

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

fn java(path: &str, body: &str) -> String {
    let head = "User-Agent: Java/17.0.15\r\nHost: 127.0.0.1:8098\r\nAccept: text/html, image/gif, image/jpeg, */*; q=0.2\r\n\
                Connection: keep-alive\r\nContent-type: application/x-www-form-urlencoded";
    format!("POST {path} HTTP/1.1\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn php(path: &str, body: &str) -> String {
    let head = "Host: 127.0.0.1:8099\r\nContent-Type: application/x-www-form-urlencoded\r\nAccept: */*\r\n\
                User-Agent: Symfony HttpClient/Curl\r\nAccept-Encoding: gzip";
    format!("POST {path} HTTP/1.1\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn java_purchase() {
    let sandbox = Sandbox::start().unwrap();
    let data = send(&sandbox, java(PURCHASE, JAVA_PURCHASE)).data();
    let payment = sandbox.payments().remove(0);
    assert_eq!(data, json!({"purchaseToken": payment.token}));
    assert_eq!((payment.amount, payment.label.as_str()), (150_000, "066304925"));
    assert_eq!(payment.details.as_deref(), Some("Iphone S, 32 GB, Gris..."));
    assert_eq!(payment.name.as_deref(), Some("Kanza"));
}

/// The documented Java sample sends its check to `purchase-token` by mistake, and is refused because it holds no order.
/// The same body is accepted by `check-payment`.
#[test]
fn java_check() {
    let sandbox = Sandbox::start().unwrap();
    let message = send(&sandbox, java(PURCHASE, JAVA_CHECK)).refusal();
    assert_eq!(message, "amount doit être un nombre entier positif, écrit en chiffres.");

    let token = new_token(&sandbox);
    assert_eq!(send(&sandbox, java(CHECK, JAVA_CHECK)).refusal(), "purchaseToken inconnu.");
    let known = JAVA_CHECK.replace("940d4e9aab5797e6055e1259b84a9875", &token);
    assert_eq!(send(&sandbox, java(CHECK, &known)).data(), json!({"payment_successful": false}));
}

#[test]
fn php_purchase_and_check() {
    let sandbox = Sandbox::start().unwrap();
    send(&sandbox, php(PURCHASE, PHP_BODY)).data();
    let payment = sandbox.payments().remove(0);
    assert_eq!(payment.label, "Achat d'un Iphone S");
    let token = &payment.token;
    let body = format!("purchaseToken={token}&secret_key=054e9a59-ab57-4e9a-940d-97e6b940d875");
    let answer = send(&sandbox, php(CHECK, &body));
    assert_eq!(answer.data(), json!({"payment_successful": false}));
}
