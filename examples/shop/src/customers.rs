//! From the order form to the payment page: the customer's way, before they pay.

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum_extra::extract::cookie::{Cookie, SameSite};
use ekolopay::purchase::PhoneNumber;
use serde::Deserialize;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::orders::Order;
use crate::pages::{Answer, BROWSER, Shop, Visitor, page, read, see_other, twin};
use crate::problem::{Kind, Problem, with_sources};
use crate::views::{Message, ProductForm};

/// The longest name, in characters.
const LONGEST_NAME: usize = 100;
/// Customers who wait for the gateway; the others find their order stored, with a button to pay.
static WAITING: Semaphore = Semaphore::const_new(48);

/// The fields of the order form.
#[derive(Deserialize)]
pub(crate) struct OrderForm {
    /// New for every form that is shown, so that a form that is sent twice makes one order.
    #[serde(default = "new_key")]
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) phone: String,
    /// What the button said. The price itself comes from the database.
    price: Option<u64>,
    /// Set by a customer who has ordered the same before, and wants another.
    again: Option<String>,
}

pub(crate) fn new_key() -> String {
    Uuid::new_v4().simple().to_string()
}

pub(crate) fn product(shop: &Shop, Path(slug): Path<String>) -> Answer {
    let product = shop.database.product(&slug)?.ok_or(Message::NotFound)?;
    let form = OrderForm { key: new_key(), name: String::new(), phone: String::new(), price: None, again: None };
    let empty = ProductForm { shop: &shop.settings, product: &product, form: &form, problem: None, twin: None };
    Ok(page(StatusCode::OK, &empty))
}

/// First the order is stored, then its token, and only then is the customer sent to pay.
pub(crate) fn order(shop: &Shop, (Path(slug), visitor, body): (Path<String>, Visitor, Bytes)) -> Answer {
    let mut form: OrderForm = read(&body)?;
    // Anything else could be guessed by someone else.
    if Uuid::try_parse(&form.key).is_err() {
        form.key = new_key();
    }
    let product = shop.database.product(&slug)?.ok_or(Message::NotSold)?;
    let (settings, product, form) = (&shop.settings, &product, &form);
    let again = |status, problem: Option<&str>, twin: Option<&Order>| {
        Ok(page(status, &ProductForm { shop: settings, product, form, problem, twin }))
    };
    let mistake = |problem| again(StatusCode::UNPROCESSABLE_ENTITY, Some(problem), None);
    if form.phone.trim().is_empty() {
        return mistake("Indiquez le numéro de téléphone avec lequel vous payez.");
    }
    let Some(number) = telephone(&form.phone) else {
        return mistake("Un numéro valable a neuf chiffres et commence par 0, par exemple 06 630 49 25.");
    };
    if form.name.chars().count() > LONGEST_NAME {
        return mistake("Le nom est trop long.");
    }
    if let Some(order) = shop.database.by_form(&slug, &form.key, &number)? {
        return shop.pay(order);
    }
    if form.price != Some(product.amount) {
        let changed = "Le prix de cet article a changé. Vérifiez-le avant de payer.";
        return again(StatusCode::CONFLICT, Some(changed), None);
    }
    let browser = visitor.browser.clone().unwrap_or_else(new_key);
    if form.again.is_none() {
        let orders = shop.database.of_browser(&browser)?;
        if let Some(twin) = twin(&orders, product, &number, 0).filter(|twin| !twin.is_over()) {
            return again(StatusCode::CONFLICT, None, Some(twin));
        }
    }
    // This order has no token yet: here it is known that nothing was debited.
    let order = shop.database.add(product, &form.key, &browser, [form.name.trim(), &number], None);
    shop.pay(order.map_err(Message::NotOrdered)?)
}

/// The number as it is sent, if it is one of Congo. A shop in another country changes this function and the sentence above.
pub(crate) fn telephone(typed: &str) -> Option<String> {
    PhoneNumber::try_from(typed).ok().map(Into::into)
}

pub(crate) fn pay_again(shop: &Shop, (Path(reference), visitor): (Path<String>, Visitor)) -> Answer {
    let (order, others) = shop.of_page(&reference, &visitor)?;
    match twin(&others, &order.product, &order.phone, order.id).filter(|twin| twin.is_paid()) {
        Some(paid) => Ok(see_other(&paid.path())),
        None => shop.pay(order),
    }
}

/// After a payment that failed: the same article and number, a new order and a new token. However often it is sent, it
/// makes one order, at the price that the button named, and none beside one that is paid.
pub(crate) fn start_over(shop: &Shop, (Path(reference), visitor, body): (Path<String>, Visitor, Bytes)) -> Answer {
    let (old, others) = shop.of_page(&reference, &visitor)?;
    if let Some(paid) = twin(&others, &old.product, &old.phone, old.id).filter(|twin| twin.is_paid()) {
        return Ok(see_other(&paid.path()));
    }
    let form_key = format!("after {}", old.reference);
    if let Some(order) = shop.database.by_form(&old.product.slug, &form_key, &old.phone)? {
        return shop.pay(order);
    }
    let named = read::<OrderForm>(&body)?.price;
    let product = shop.database.product(&old.product.slug)?.filter(|product| named == Some(product.amount));
    // The order's page says what has changed.
    let Some(product) = product.filter(|_| old.may_start_over()) else { return Ok(see_other(&old.path())) };
    let browser = visitor.browser.unwrap_or_else(|| old.browser.clone());
    let order = shop.database.add(&product, &form_key, &browser, [&old.name, &old.phone], Some(old.first));
    shop.pay(order.map_err(Message::NotOrdered)?)
}

impl Shop {
    /// Redirects the customer to the payment page, or to the order's page if it cannot be paid.
    fn pay(&self, order: Order) -> Answer {
        let is_new = order.token.is_none();
        let order = self.with_token(order)?;
        let address = match &order.token {
            Some(token) if order.is_payable() => {
                if !is_new {
                    self.database.sent(&order)?;
                }
                self.payments.gateway.payment_url(token)
            }
            _ => order.path(),
        };
        // For a week.
        let cookie = Cookie::build((BROWSER, &*order.browser)).path("/").http_only(true).same_site(SameSite::Lax);
        let cookie = format!("{}; Max-Age=604800{}", cookie.build(), if self.settings.demo { "" } else { "; Secure" });
        Ok(([(header::SET_COOKIE, cookie)], see_other(&address)).into_response())
    }

    /// The order with its token, if one can be had. It may be another order of the browser that has the token.
    fn with_token(&self, mut order: Order) -> rusqlite::Result<Order> {
        if order.token.is_some() || !order.is_payable() {
            return Ok(order);
        }
        // A slow gateway must not take all of the shop's threads.
        let Ok(_place) = WAITING.try_acquire() else { return Ok(order) };
        let problem = match self.payments.create_token(&order) {
            Ok(token) => {
                let owner = self.database.keep_token(&order, &token)?;
                if owner.id == order.id {
                    return Ok(owner);
                }
                tracing::error!("the gateway gave order {} the token of order {}", order.id, owner.id);
                // The same order once more, of the customer who can still pay the first.
                let same = (&owner.product.slug, owner.product.amount) == (&order.product.slug, order.product.amount);
                if same && owner.is_payable() && !owner.is_over() && owner.browser == order.browser {
                    self.database.forget(&order)?;
                    return Ok(owner);
                }
                Problem { kind: Kind::TokenTaken, text: Some(owner.number()), time: None }
            }
            Err(error) => {
                tracing::error!("no token for order {}: {}", order.id, with_sources(&error));
                let problem = Problem::of(&error);
                *self.payments.problem.lock() = Some(problem.clone());
                problem
            }
        };
        self.database.no_token(&order, &problem)?;
        order.problem = Some(problem);
        Ok(order)
    }
}
