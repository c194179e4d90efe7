use ekolopay::canned::{PAID, REFUSED, TOKEN};
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::transport::{Endpoint, Reply, Request};
use ekolopay::verify::Verification;
use ekolopay::{Credentials, Gateway, GatewayBuilder};

use crate::{API_CLIENT, SECRET_KEY};

/// A client of the gateway at this origin; over TLS it trusts this root, in PEM.
pub fn client(origin: &str, root: Option<&str>) -> Gateway {
    let builder = builder().origin(origin);
    let builder = match root {
        Some(root) => builder.root_certificates(root.as_bytes()),
        None => builder,
    };
    builder.build().expect("valid settings")
}

/// The same code with no network: each request is answered by a copy of the documented reply.
pub fn canned() -> Gateway {
    let documented = |request: &Request| {
        let json = match request.endpoint() {
            Endpoint::PurchaseToken => TOKEN,
            Endpoint::CheckPayment => PAID,
            _ => REFUSED,
        };
        Ok(Reply::new(200, json))
    };
    builder().transport(documented).build().expect("valid settings")
}

pub fn is_paid(gateway: &Gateway, token: &PurchaseToken) -> bool {
    matches!(gateway.check_payment(token), Ok(Verification::Paid(_)))
}

/// The documentation's order.
pub fn purchase() -> Purchase {
    let product = Product::new("Achat d'un Iphone S").details("Iphone S, 32 GB, Gris...");
    Purchase::new(150_000, product, Customer::new("066304925").name("Kanza")).expect("a valid order")
}

fn builder() -> GatewayBuilder {
    Gateway::builder(Credentials::new(API_CLIENT, SECRET_KEY).expect("valid credentials"))
}
