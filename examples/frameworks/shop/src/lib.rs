//! The shop behind every recipe: its orders, and the rules about money. It knows no web framework.
//!
//! Every function here may wait for the gateway, for up to a minute. Async code calls it on a thread for blocking work.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::env;
use std::error::Error;
use std::iter::successors;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ekolopay::callback::Callback;
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::verify::{PaidPurchase, Verification};
use ekolopay::{Gateway, InvalidInput};

/// The most bytes to read of a callback. The documented ones have about 150.
pub const LONGEST_CALLBACK: usize = 64 * 1024;

/// The cookie that says which order is the customer's.
pub const COOKIE: &str = "order";
const HOME: &str =
    "<!doctype html><title>Boutique</title><form method=post action=/order><button>Commander</button></form>";
const NO_ORDER: &str = "Merci. Ouvrez cette page dans le navigateur avec lequel vous avez commandé.";
const PAID: &str = "Votre paiement est confirmé. Nous préparons votre commande.";
const NOT_CONFIRMED: &str =
    "Aucun paiement n’est confirmé pour le moment. Si vous venez de payer, rechargez cette page dans un instant.";
const NOT_CHECKED: &str = "Le paiement ne peut pas être vérifié pour le moment. Si vous avez payé, votre paiement n’est pas \
                           perdu\u{a0}: rechargez cette page plus tard.";
const NO_PAYMENT: &str = "Il n’est pas possible de payer pour le moment. Réessayez plus tard.";

/// What a route answers. Each recipe turns it into the response of its framework.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub text: String,
}

/// A callback that is refused. The text names the field, never the value.
impl From<InvalidInput> for Answer {
    fn from(invalid: InvalidInput) -> Answer {
        text(400, &invalid.to_string())
    }
}

/// The state that every route shares. A real shop has a database in place of the map, with the token as a unique key.
pub struct Shop {
    gateway: Gateway,
    orders: Mutex<BTreeMap<PurchaseToken, Order>>,
}

struct Order {
    /// What the customer's cookie holds. It cannot be guessed.
    reference: String,
    shipped: bool,
}

impl Shop {
    pub fn new(gateway: Gateway) -> Shop {
        Shop { gateway, orders: Mutex::default() }
    }

    /// `GET /`
    pub fn home(&self) -> Answer {
        Answer { headers: vec![("Content-Type", "text/html; charset=utf-8".to_owned())], ..text(200, HOME) }
    }

    /// `POST /order`: the token is stored with the order before the customer is sent to pay.
    pub fn order(&self) -> Answer {
        let purchase = Purchase::new(1_500, Product::new("Un panier de mangues"), Customer::new("066304925"));
        let token =
            match purchase.map_err(Into::into).and_then(|purchase| self.gateway.create_purchase_token(&purchase)) {
                Ok(token) => token,
                Err(error) => return failed("no token for an order", &error, NO_PAYMENT),
            };
        let reference = uuid::Uuid::new_v4().to_string();
        // Not `Secure` only because the recipes run without https. `Lax`, because a browser that comes back from another
        // site brings no `Strict` cookie.
        let cookie = format!("{COOKIE}={reference}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax");
        let location = self.gateway.payment_url(&token);
        // One payment must not pay for two orders, so a token that is known already belongs to the order before.
        let mut orders = self.orders();
        let Entry::Vacant(place) = orders.entry(token) else {
            eprintln!("no token for an order: the gateway gave one that another order has");
            return text(503, NO_PAYMENT);
        };
        place.insert(Order { reference, shipped: false });
        Answer { headers: vec![("Set-Cookie", cookie), ("Location", location)], ..text(303, "") }
    }

    /// `POST /callback`: anyone can send one. It makes the shop ask the gateway about one of its own orders.
    pub fn callback(&self, callback: &Callback) -> Answer {
        match self.check(callback.purchase_token()) {
            None => text(404, "no order has this token"),
            Some(Ok(_)) => text(200, "checked"),
            // Not 200: a sender that repeats callbacks is to repeat this one.
            Some(Err(error)) => failed("a callback was not checked", &error, "not checked"),
        }
    }

    /// `GET /payment-status`: the documentation names nothing that the browser brings from the gateway, so the cookie says
    /// whose order this is. A token in the address would be anyone's.
    pub fn come_back(&self, reference: Option<&str>) -> Answer {
        let own = self
            .orders()
            .iter()
            .find(|(_, order)| Some(&*order.reference) == reference)
            .map(|(token, _)| token.clone());
        match own.and_then(|token| self.check(&token)) {
            None => text(200, NO_ORDER),
            Some(Ok(true)) => text(200, PAID),
            Some(Ok(false)) => text(200, NOT_CONFIRMED),
            Some(Err(error)) => failed("a customer's order was not checked", &error, NOT_CHECKED),
        }
    }

    /// Whether the gateway has confirmed the payment; `None` if no order has the token, and then the gateway is not asked.
    fn check(&self, token: &PurchaseToken) -> Option<Result<bool, ekolopay::Error>> {
        if self.orders().get(token)?.shipped {
            return Some(Ok(true));
        }
        Some(self.gateway.check_payment(token).map(|verification| match verification {
            Verification::Paid(paid) => {
                self.ship(paid);
                true
            }
            Verification::NotPaid => false, // or not yet: the order stays open
        }))
    }

    /// The only place where goods are shipped: once, for the order whose token was paid.
    fn ship(&self, paid: PaidPurchase) {
        if let Some(order) = self.orders().get_mut(paid.token()).filter(|order| !order.shipped) {
            order.shipped = true;
            println!("shipped {}", paid.token());
        }
    }

    fn orders(&self) -> MutexGuard<'_, BTreeMap<PurchaseToken, Order>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The return page for a browser that comes back by a form: such a request brings no cookie, the next one does.
pub fn come_back_by_form() -> Answer {
    Answer { headers: vec![("Location", "/payment-status".to_owned())], ..text(303, "") }
}

/// The order's reference in a `Cookie` header. Cookies of other names may hold any bytes.
pub fn reference(cookies: &[u8]) -> Option<String> {
    let mut pairs = cookies.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let value = pairs.find_map(|pair| pair.strip_prefix(COOKIE.as_bytes())?.strip_prefix(b"="))?;
    String::from_utf8(value.to_vec()).ok()
}

/// Where to listen: the program's first argument.
pub fn address() -> String {
    env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned())
}

fn text(status: u16, text: &str) -> Answer {
    Answer { status, headers: vec![("Content-Type", "text/plain; charset=utf-8".to_owned())], text: text.to_owned() }
}

/// The merchant reads why, the sender does not. An error never means that an order is not paid.
fn failed(what: &str, error: &ekolopay::Error, shown: &str) -> Answer {
    let causes: Vec<String> =
        successors(Some(error as &dyn Error), |&error| error.source()).map(ToString::to_string).collect();
    eprintln!("{what}: {}", causes.join(": "));
    text(503, shown)
}
