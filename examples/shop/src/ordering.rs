//! From the order form to the payment page.

use std::sync::atomic::{AtomicUsize, Ordering};

use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay_serve::http::StatusCode;
use ekolopay_serve::http::header::SET_COOKIE;
use ekolopay_serve::{Request, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::cookie::{cookie, references};
use crate::database::is_temporary;
use crate::orders::{Kept, Order, OrderState};
use crate::pages;
use crate::phone;
use crate::problem::{Problem, with_sources};
use crate::web::{Answer, Shop, see_other};

/// The longest name, in characters.
const LONGEST_NAME: usize = 100;
/// Customers who may wait for the gateway at the same time.
const MOST_WAITING: usize = 48;

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

impl OrderForm {
    pub(crate) fn new() -> OrderForm {
        OrderForm { key: new_key(), name: String::new(), phone: String::new(), again: None }
    }
}

fn new_key() -> String {
    Uuid::new_v4().simple().to_string()
}

/// What came of an attempt to pay.
enum Attempt {
    /// To the payment page.
    Redirect(Response),
    Failed(Problem),
    /// Too many customers wait for the gateway.
    Later,
    /// The gateway gave the token of another order.
    TokenTaken(Box<Order>),
}

/// A place among the customers for whom a token is being created.
struct Place<'a>(&'a AtomicUsize);

impl Place<'_> {
    fn take(waiting: &AtomicUsize) -> Option<Place<'_>> {
        let place = Place(waiting);
        (waiting.fetch_add(1, Ordering::SeqCst) < MOST_WAITING).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Shop {
    /// First the order is stored, then its token, and only then is the customer sent to pay.
    pub(crate) fn order(&self, slug: &str, request: &Request) -> Answer {
        let Some(product) = self.orders.product(slug)? else {
            return Ok(self.unknown());
        };
        let Ok(mut form) = serde_html_form::from_bytes::<OrderForm>(request.body()) else {
            return Ok(self.page(StatusCode::BAD_REQUEST, pages::message("Demande illisible", pages::UNREADABLE)));
        };
        // Anything else could be guessed by someone else.
        if form.key.len() != 32 || !form.key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            form.key = new_key();
        }
        let form = form;
        let again = |problem: &str| {
            Ok(self.page(StatusCode::UNPROCESSABLE_ENTITY, pages::product(&product, &form, Some(problem), None)))
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
        if let Some(order) = self.orders.by_form(&product, &form.key, &number)? {
            let attempt = self.pay(&order)?;
            return self.finish(&order, attempt, request);
        }
        if form.again.is_none() {
            if let Some(twin) = self.twin(slug, &number, None, request)?.filter(|twin| !twin.state.has_failed()) {
                return Ok(self.page(StatusCode::CONFLICT, pages::product(&product, &form, None, Some(&twin))));
            }
        }
        // This order has no token yet: here it is known that nothing was debited.
        let stored = self.orders.add(&product, &form.key, form.name.trim(), &number);
        let stored = stored.and_then(|reference| self.orders.by_reference(&reference));
        let order = match stored {
            Ok(Some(order)) => order,
            Ok(None) => return Ok(self.unknown()),
            Err(error) if is_temporary(&error) => {
                log::error!("cannot store an order: {error}");
                self.notices.database_fails(true);
                return Ok(self.busy(pages::NOT_ORDERED));
            }
            Err(error) => return Err(error),
        };
        self.notices.database_fails(false);
        match self.pay(&order)? {
            Attempt::Failed(problem) if problem.is_about_the_number() => {
                self.orders.forget(&order)?;
                again("La plateforme de paiement n’accepte pas ce numéro. Vérifiez-le.")
            }
            attempt => self.finish(&order, attempt, request),
        }
    }

    pub(crate) fn pay_again(&self, reference: &str, request: &Request) -> Answer {
        let Some(order) = self.orders.by_reference(reference)? else {
            return Ok(self.unknown());
        };
        let twin = self.twin(&order.slug, &order.phone, Some(&order), request)?;
        if let Some(paid) = twin.filter(|twin| twin.state == OrderState::Shipped) {
            return Ok(see_other(&format!("/commandes/{}", paid.reference)));
        }
        let attempt = self.pay(&order)?;
        self.finish(&order, attempt, request)
    }

    /// After a payment that failed: the same article and number, a new order and a new token. However often it is sent,
    /// it makes one order.
    pub(crate) fn start_over(&self, reference: &str, request: &Request) -> Answer {
        let Some(old) = self.orders.by_reference(reference)? else {
            return Ok(self.unknown());
        };
        let product = self.orders.product(&old.slug)?.filter(|_| old.state.has_failed());
        let Some(product) = product else {
            return Ok(see_other(&format!("/commandes/{reference}")));
        };
        let reference = self.orders.add(&product, &format!("after {}", old.reference), &old.name, &old.phone)?;
        self.pay_again(&reference, request)
    }

    fn finish(&self, order: &Order, attempt: Attempt, request: &Request) -> Answer {
        Ok(match attempt {
            Attempt::Redirect(answer) => answer,
            Attempt::Failed(_) | Attempt::Later => {
                self.remember(order, see_other(&format!("/commandes/{}", order.reference)))
            }
            // Only for the customer who has that order already.
            Attempt::TokenTaken(other) if references(request).contains(&other.reference) => {
                self.orders.forget(order)?;
                let location = match &other.token {
                    Some(token) if other.state != OrderState::Shipped => self.checker.gateway.payment_url(token),
                    _ => format!("/commandes/{}", other.reference),
                };
                self.remember(&other, see_other(&location))
            }
            Attempt::TokenTaken(_) => {
                self.page(StatusCode::CONFLICT, pages::message("Paiement indisponible", pages::TOKEN_TAKEN))
            }
        })
    }

    /// Redirects the customer to the payment page. If the order has no token yet, it is created first.
    fn pay(&self, order: &Order) -> rusqlite::Result<Attempt> {
        if order.state == OrderState::Shipped {
            return Ok(Attempt::Redirect(see_other(&format!("/commandes/{}", order.reference))));
        }
        // A slow gateway must not take all of the shop's threads.
        let _place = match Place::take(&self.waiting) {
            None if order.token.is_none() => return Ok(Attempt::Later),
            place => place,
        };
        let token = match &order.token {
            Some(token) => token.clone(),
            None => match self.create_token(order) {
                Ok(token) => match self.orders.keep_token(order, &token)? {
                    Kept::Token(token) => token,
                    Kept::TakenBy(other) => {
                        log::error!("the gateway gave order {} the token of order {}", order.id, other.id);
                        return Ok(Attempt::TokenTaken(other));
                    }
                },
                Err(error) => {
                    log::error!("no token for order {}: {}", order.id, with_sources(&error));
                    let problem = Problem::of(&error);
                    self.notices.gateway(&problem);
                    self.orders.no_token(order, &problem)?;
                    return Ok(Attempt::Failed(problem));
                }
            },
        };
        self.checker.wake();
        let answer = see_other(&self.checker.gateway.payment_url(&token));
        Ok(Attempt::Redirect(self.remember(order, answer)))
    }

    fn remember(&self, order: &Order, mut answer: Response) -> Response {
        answer.headers_mut().append(SET_COOKIE, cookie(&order.reference, !self.settings.demo));
        answer
    }

    /// It is called once, even when it fails: nobody pays for a token whose reply was lost, so the customer can simply try
    /// again.
    fn create_token(&self, order: &Order) -> Result<PurchaseToken, ekolopay::Error> {
        let mut customer = Customer::new(&order.phone);
        if !order.name.is_empty() {
            customer = customer.name(&order.name);
        }
        let product = Product::new(&order.label).details(&order.details);
        let token = self.checker.gateway.create_purchase_token(&Purchase::new(order.amount, product, customer)?)?;
        self.notices.gateway_answers();
        Ok(token)
    }
}
