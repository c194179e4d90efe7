//! A merchant with the documentation's own values.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use ekolopay::canned::Canned;
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::transport::Transport;
use ekolopay::{Credentials, Error, Gateway};
use ekolopay_test_kit::{API_CLIENT, KEPT_TOKEN, SECRET_KEY};

pub fn credentials() -> Credentials {
    Credentials::new(API_CLIENT, SECRET_KEY).expect("the demo values are valid")
}

pub fn token() -> PurchaseToken {
    KEPT_TOKEN.parse().expect("the documented token is valid")
}

pub fn purchase() -> Purchase {
    Purchase::new(150_000, Product::new("Achat d'un Iphone S"), Customer::new("066304925")).expect("the order is valid")
}

pub fn over(transport: impl Transport + 'static) -> Gateway {
    Gateway::builder(credentials()).transport(transport).build().expect("the settings are valid")
}

/// A gateway for the merchant with this secret key.
pub fn with_secret(secret: &str, canned: Canned) -> Gateway {
    let credentials = Credentials::new(API_CLIENT, secret).expect("the secret is valid");
    Gateway::builder(credentials).transport(canned).build().expect("the settings are valid")
}

pub fn at(origin: &str) -> Gateway {
    Gateway::builder(credentials()).origin(origin).build().expect("the origin is valid")
}

/// The errors of both calls.
pub fn errors(gateway: &Gateway) -> [Error; 2] {
    [gateway.check_payment(&token()).unwrap_err(), gateway.create_purchase_token(&purchase()).unwrap_err()]
}

/// The status, the reason and the excerpt of an unexpected reply.
#[track_caller]
pub fn unexpected(error: Error) -> (u16, &'static str, String) {
    match error {
        Error::UnexpectedReply { status, reason, excerpt, .. } => (status, reason, excerpt),
        other => panic!("{other:?}"),
    }
}

/// The message of a refusal, or of a gateway that is out of service.
#[track_caller]
pub fn message(error: Error) -> String {
    match error {
        Error::Refused { message, .. } | Error::Unavailable { message, .. } => message,
        other => panic!("{other:?}"),
    }
}
