use std::hint::black_box;

use ekolopay::callback::Callback;
use ekolopay::canned::{PAID, REFUSED, TOKEN};
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::transport::{Endpoint, Reply, Request};
use ekolopay::verify::Verification;
use ekolopay::{Credentials, Gateway, GatewayBuilder};
use ekolopay_test_kit::{API_CLIENT, KEPT_TOKEN, SECRET_KEY};

use super::Call;

/// A callback as the documentation has it.
pub const DOCUMENTED_CALLBACK: &str = "purchaseToken=940d4e9aab5797e6055e1259b84a9875&paymentSuccessful=true&status=SUCCESS&message=Paiement+r%C3%A9ussi.";

type OwnCall = fn() -> Call;

/// The SDK's own work: its code from argument to result, with no network. What the canned transport costs, a copy of each
/// reply, is a call of its own, to be taken off.
pub const OWN_CALLS: [(&str, OwnCall); 5] = [
    ("check_availability, canned", || {
        let gateway = canned();
        Box::new(move || gateway.check_availability().expect("a gateway"))
    }),
    ("check_payment, canned", || check_payment(canned())),
    ("create_purchase_token, canned", || {
        let gateway = canned();
        Box::new(move || {
            let product = Product::new("Achat d'un Iphone S").details("Iphone S, 32 GB, Gris...");
            let purchase = Purchase::new(150_000, product, Customer::new("066304925").name("Kanza"));
            assert!(gateway.create_purchase_token(&purchase.expect("a valid order")).is_ok());
        })
    }),
    ("the canned transport alone", || Box::new(|| drop(black_box([REFUSED, PAID].map(|json| Reply::new(200, json)))))),
    ("Callback::parse", || Box::new(|| assert!(Callback::parse(black_box(DOCUMENTED_CALLBACK.as_bytes())).is_ok()))),
];

/// Checks by clones of one client of the gateway at this origin; over TLS it trusts this root, in PEM.
pub(super) fn checks(origin: &str, root: Option<&str>, threads: usize) -> Vec<Call> {
    let mut builder = builder().origin(origin);
    if let Some(root) = root {
        builder = builder.root_certificates(root.as_bytes());
    }
    let gateway = builder.build().expect("valid settings");
    (0..threads).map(|_| check_payment(gateway.clone())).collect()
}

fn check_payment(gateway: Gateway) -> Call {
    let token: PurchaseToken = KEPT_TOKEN.parse().expect("a token");
    Box::new(move || assert!(matches!(gateway.check_payment(black_box(&token)), Ok(Verification::Paid(_)))))
}

/// Each request is answered by a copy of the documented reply.
fn canned() -> Gateway {
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

fn builder() -> GatewayBuilder {
    Gateway::builder(Credentials::new(API_CLIENT, SECRET_KEY).expect("valid credentials"))
}
