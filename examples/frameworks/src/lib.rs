//! The shop behind every program: its orders, and the rules about money. It knows no web framework. Its functions wait for
//! the gateway, so async code calls them on a thread for blocking work.

use std::collections::BTreeMap;
use std::mem;

use ekolopay::callback::Callback;
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::verify::{PaidPurchase, Verification};
use ekolopay::{Error, Gateway, InvalidInput};
use parking_lot::Mutex;

/// The most bytes to read of a callback. The documented ones have about 150.
pub const LONGEST_CALLBACK: usize = 64 * 1024;

/// `GET /`
pub const HOME: &str = "<!doctype html><form method=post action=/order><button>Commander</button></form>";
const NO_PAYMENT: &str = "Il n’est pas possible de payer pour le moment. Réessayez plus tard.";

/// What a route answers: status, headers, text. Each program turns it into the response of its framework.
pub type Answer = (u16, Vec<(&'static str, String)>, String);

/// The state that every route shares. A real shop has a database in place of the map, with the token as a unique key.
pub struct Shop {
    gateway: Gateway,
    purchase: Purchase,
    orders: Mutex<BTreeMap<PurchaseToken, Order>>,
}

struct Order {
    /// What the customer's cookie holds. It cannot be guessed.
    reference: String,
    prepared: bool,
}

impl Shop {
    pub fn from_env() -> Result<Shop, InvalidInput> {
        let purchase = Purchase::new(1_500, Product::new("Un panier de mangues"), Customer::new("066304925"))?;
        Ok(Shop { gateway: Gateway::from_env()?, purchase, orders: Mutex::default() })
    }

    /// `POST /order`: the token is stored with the order before the customer is sent to pay.
    pub fn order(&self) -> Answer {
        let token = match self.gateway.create_purchase_token(&self.purchase) {
            Ok(token) => token,
            Err(error) => return failed(error, NO_PAYMENT),
        };
        let (reference, location) = (uuid::Uuid::new_v4().to_string(), self.gateway.payment_url(&token));
        // Not `Secure` only because this runs without https. A `Strict` cookie would not come back with the customer.
        let cookie = format!("order={reference}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax");
        let mut orders = self.orders.lock();
        // One payment must not pay for two orders.
        if orders.contains_key(&token) {
            return page(503, NO_PAYMENT);
        }
        orders.insert(token, Order { reference, prepared: false });
        (303, vec![("Set-Cookie", cookie), ("Location", location)], String::new())
    }

    /// `POST /callback`: anyone can send one. It makes the shop ask the gateway about one of its own orders.
    pub fn callback(&self, callback: &Callback) -> Answer {
        match self.check(callback.purchase_token()) {
            None => page(404, "no order has this token"),
            Some(Ok(_)) => page(200, "checked"),
            // Not 200: a sender that repeats callbacks is to repeat this one.
            Some(Err(error)) => failed(error, "not checked"),
        }
    }

    /// `GET /payment-status`: the cookie says whose order this is. A token in the address would be anyone's.
    pub fn come_back(&self, cookie: Option<&str>) -> Answer {
        let is_own = |order: &Order| cookie == Some(&order.reference);
        let own = self.orders.lock().iter().find(|(_, order)| is_own(order)).map(|(token, _)| token.clone());
        match own.and_then(|token| self.check(&token)) {
            None => page(200, "Ouvrez cette page dans le navigateur avec lequel vous avez commandé."),
            Some(Ok(true)) => page(200, "Votre paiement est confirmé. Nous préparons votre commande."),
            Some(Ok(false)) => page(200, "Aucun paiement n’est confirmé pour le moment. Rechargez cette page."),
            Some(Err(error)) => failed(error, "Le paiement ne peut pas être vérifié pour le moment."),
        }
    }

    /// Whether the gateway has confirmed the payment; `None` if no order has the token, and then it is not asked.
    fn check(&self, token: &PurchaseToken) -> Option<Result<bool, Error>> {
        if self.orders.lock().get(token)?.prepared {
            return Some(Ok(true));
        }
        Some(self.gateway.check_payment(token).map(|verification| match verification {
            Verification::Paid(paid) => self.prepare(&paid),
            Verification::NotPaid => false, // or not yet: the order stays open
        }))
    }

    /// The only place where goods are prepared: once, for the order whose token was paid.
    fn prepare(&self, paid: &PaidPurchase) -> bool {
        if self.orders.lock().get_mut(paid.token()).is_some_and(|order| !mem::replace(&mut order.prepared, true)) {
            println!("prepared {}", paid.token());
        }
        true
    }
}

pub fn page(status: u16, html: &str) -> Answer {
    (status, vec![("Content-Type", "text/html; charset=utf-8".to_owned())], html.to_owned())
}

/// The merchant reads why, the sender does not. An error never means that an order is not paid.
fn failed(error: Error, shown: &str) -> Answer {
    eprintln!("{:#}", anyhow::Error::from(error));
    page(503, shown)
}

/// `POST /payment-status`: a browser that comes by a form brings no cookie; its next request does.
pub fn come_back_by_form() -> Answer {
    (303, vec![("Location", "/payment-status".to_owned())], String::new())
}

/// Where to listen: the program's first argument.
pub fn address() -> String {
    std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned())
}
