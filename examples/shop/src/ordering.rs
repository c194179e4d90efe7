//! From the order form to the payment page.

use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay_serve::http::StatusCode;
use ekolopay_serve::http::header::SET_COOKIE;
use ekolopay_serve::{Request, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::customer::{cookie, references};
use crate::limit::Limit;
use crate::orders::Order;
use crate::pages::{Message, ProductForm};
use crate::phone;
use crate::problem::{Kind, Problem, with_sources};
use crate::web::{Answer, Shop, page, see_other};

/// The longest name, in characters.
const LONGEST_NAME: usize = 100;
/// Customers who wait for the gateway.
static WAITING: Limit = Limit::new(48);

/// The fields of the order form. The price is not one of them: it comes from the database.
#[derive(Deserialize)]
pub(crate) struct OrderForm {
    /// New for every form that is shown, so that a form that is sent twice makes one order.
    #[serde(default = "new_key")]
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) phone: String,
    /// Set by a customer who has ordered the same before, and wants another.
    again: Option<String>,
}

impl Default for OrderForm {
    fn default() -> OrderForm {
        OrderForm { key: new_key(), name: String::new(), phone: String::new(), again: None }
    }
}

fn new_key() -> String {
    Uuid::new_v4().simple().to_string()
}

impl Shop {
    /// First the order is stored, then its token, and only then is the customer sent to pay.
    pub(crate) fn order(&self, slug: &str, request: &Request) -> Answer {
        let product = self.orders.product(slug)?.ok_or(Message::NotFound)?;
        let form = serde_html_form::from_bytes::<OrderForm>(request.body());
        let mut form = form.map_err(|_| Message::Unreadable)?;
        // Anything else could be guessed by someone else.
        if Uuid::try_parse(&form.key).is_err() {
            form.key = new_key();
        }
        let (shop, product, form) = (&self.settings, &product, &form);
        let again = |problem: &str| {
            let filled = ProductForm { shop, product, form, problem: Some(problem), twin: None };
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &filled))
        };
        if form.phone.trim().is_empty() {
            return again("Indiquez le numéro de téléphone avec lequel vous payez.");
        }
        let Some(number) = phone::clean(&form.phone, self.settings.any_country) else {
            return again(
                "Ce numéro n’est pas valable\u{a0}: il a neuf chiffres et commence par 0, par exemple 06 630 49 25.",
            );
        };
        if form.name.chars().count() > LONGEST_NAME {
            return again("Le nom est trop long.");
        }
        if let Some(order) = self.orders.by_form(slug, &form.key, &number)? {
            return self.pay(order, request);
        }
        if form.again.is_none() {
            if let Some(twin) = self.orders.twin(request, slug, &number, 0)?.filter(|twin| !twin.is_over()) {
                let filled = ProductForm { shop, product, form, problem: None, twin: Some(&twin) };
                return Ok(page(StatusCode::CONFLICT, &filled));
            }
        }
        // This order has no token yet: here it is known that nothing was debited.
        let order = self.orders.add(slug, &form.key, form.name.trim(), &number).map_err(Message::NotOrdered)?;
        self.notices.database_fails(false);
        let order = self.with_token(order, request)?;
        if order.token.is_none() && order.problem.as_ref().is_some_and(Problem::is_about_the_number) {
            self.orders.forget(&order)?;
            return again("La plateforme de paiement n’accepte pas ce numéro. Vérifiez-le.");
        }
        Ok(self.send(&order))
    }

    pub(crate) fn pay_again(&self, reference: &str, request: &Request) -> Answer {
        let order = self.orders.by_reference(reference)?.ok_or(Message::NotFound)?;
        if let Some(paid) = self.paid_twin(&order, request)? {
            return Ok(see_other(&paid.path()));
        }
        self.pay(order, request)
    }

    /// After a payment that failed: the same article and number, a new order and a new token. However often it is sent,
    /// it makes one order, and none beside one that is paid.
    pub(crate) fn start_over(&self, reference: &str, request: &Request) -> Answer {
        let old = self.orders.by_reference(reference)?.ok_or(Message::NotFound)?;
        if let Some(paid) = self.paid_twin(&old, request)? {
            return Ok(see_other(&paid.path()));
        }
        if !old.is_over() || self.orders.product(&old.product.slug)?.is_none() {
            return Ok(see_other(&old.path()));
        }
        let new = self.orders.add(&old.product.slug, &format!("after {}", old.reference), &old.name, &old.phone)?;
        self.pay_again(&new.reference, request)
    }

    fn paid_twin(&self, order: &Order, request: &Request) -> rusqlite::Result<Option<Order>> {
        let twin = self.orders.twin(request, &order.product.slug, &order.phone, order.id)?;
        Ok(twin.filter(Order::is_paid))
    }

    fn pay(&self, order: Order, request: &Request) -> Answer {
        Ok(self.send(&self.with_token(order, request)?))
    }

    /// Redirects the customer to the payment page, or to the order's page if it cannot be paid.
    fn send(&self, order: &Order) -> Response {
        let address = match &order.token {
            Some(token) if order.is_payable() => self.checker.gateway.payment_url(token),
            _ => order.path(),
        };
        let mut answer = see_other(&address);
        answer.headers_mut().append(SET_COOKIE, cookie(&order.reference, !self.settings.demo));
        answer
    }

    /// The order with its token, if one can be had. It may be another order of the customer that has the token.
    fn with_token(&self, mut order: Order, request: &Request) -> rusqlite::Result<Order> {
        if order.token.is_some() || !order.is_payable() {
            return Ok(order);
        }
        // A slow gateway must not take all of the shop's threads.
        let Some(_place) = WAITING.take() else { return Ok(order) };
        let problem = match self.create_token(&order) {
            Ok(token) => {
                let owner = self.orders.keep_token(&order, &token)?;
                if owner.id == order.id {
                    self.checker.wake();
                    return Ok(owner);
                }
                log::error!("the gateway gave order {} the token of order {}", order.id, owner.id);
                // The same order once more, of the customer who can still pay the first.
                let same = (&owner.product.slug, owner.product.amount) == (&order.product.slug, order.product.amount);
                if same && owner.is_payable() && !owner.is_over() && references(request).contains(&owner.reference) {
                    self.orders.forget(&order)?;
                    return Ok(owner);
                }
                Problem { kind: Kind::TokenTaken, text: Some(owner.id.to_string()), time: None }
            }
            Err(error) => {
                log::error!("no token for order {}: {}", order.id, with_sources(&error));
                let problem = Problem::of(&error);
                self.notices.gateway(&problem);
                problem
            }
        };
        self.orders.no_token(&order, &problem)?;
        order.problem = Some(problem);
        Ok(order)
    }

    /// It is called once, even when it fails: nobody pays for a token whose reply was lost, so the customer can simply try
    /// again.
    fn create_token(&self, order: &Order) -> Result<PurchaseToken, ekolopay::Error> {
        let mut customer = Customer::new(&order.phone);
        if !order.name.is_empty() {
            customer = customer.name(&order.name);
        }
        let product = Product::new(&order.product.label).details(&order.product.details);
        let token =
            self.checker.gateway.create_purchase_token(&Purchase::new(order.product.amount, product, customer)?)?;
        self.notices.gateway_answers();
        Ok(token)
    }
}
