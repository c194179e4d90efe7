use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::transport::{Endpoint, Reply, Request};
use ekolopay::verify::Verification;
use ekolopay::{Credentials, Error, GatewayBuilder};

use crate::{API_CLIENT, Order, PAID, REFUSED, SECRET_KEY, TOKEN};

/// ekolopay, as a merchant calls it.
#[derive(Debug)]
pub struct Ours(ekolopay::Gateway);

impl Ours {
    /// The [`client`] of the gateway at this origin.
    ///
    /// # Panics
    ///
    /// When the root is no certificate.
    pub fn new(origin: &str, root: Option<&str>) -> Ours {
        Ours(client(origin, root).expect("valid settings"))
    }

    /// The same code with no network: each request is answered by a copy of the documented reply.
    ///
    /// # Panics
    ///
    /// Not with the demo credentials.
    pub fn canned() -> Ours {
        Ours(builder().transport(|request: &Request| Ok(canned(request))).build().expect("valid settings"))
    }

    /// What every call begins with.
    ///
    /// # Errors
    ///
    /// When the gateway is not in service.
    pub fn check_availability(&self) -> Result<(), Error> {
        self.0.check_availability()
    }

    /// Whether the order of this token is paid.
    ///
    /// # Errors
    ///
    /// When that is not known.
    pub fn check_payment(&self, token: &PurchaseToken) -> Result<bool, Error> {
        self.0.check_payment(token).map(|verification| matches!(verification, Verification::Paid(_)))
    }

    /// The token of a new order.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn create_purchase_token(&self, order: &Order<'_>) -> Result<PurchaseToken, Error> {
        let product = Product::new(order.label).details(order.details);
        let customer = Customer::new(order.phone).name(order.name);
        self.0.create_purchase_token(&Purchase::new(order.amount, product, customer)?)
    }
}

/// The demo merchant's client of the gateway at this origin, which is on this machine, and whose certificate is vouched
/// for by this root, in PEM.
///
/// # Errors
///
/// When the root is no certificate.
pub fn client(origin: &str, root: Option<&str>) -> Result<ekolopay::Gateway, Error> {
    let builder = builder().origin(origin);
    match root {
        Some(root) => builder.root_certificates(root.as_bytes()).build(),
        None => builder.build(),
    }
}

/// The documented reply to a request.
fn canned(request: &Request) -> Reply {
    let json = match request.endpoint() {
        Endpoint::PurchaseToken => TOKEN,
        Endpoint::CheckPayment => PAID,
        _ => REFUSED,
    };
    Reply::new(200, json)
}

fn builder() -> GatewayBuilder {
    ekolopay::Gateway::builder(Credentials::new(API_CLIENT, SECRET_KEY).expect("valid credentials"))
}
