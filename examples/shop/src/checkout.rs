//! From an article to the payment page: the form, the order, its token, and then the customer is sent to pay.

use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use ekolopay::purchase::PhoneNumber;
use serde::Deserialize;
use uuid::Uuid;

use crate::checks::{Kind, Problem};
use crate::orders::{Order, OrderState, Product};
use crate::pages::{Answer, BROWSER, Message, Shop, Visitor, page, read};

/// The longest name, in characters.
const LONGEST_NAME: usize = 100;

/// The fields of the order form.
#[derive(Deserialize, Default)]
#[serde(default)]
struct OrderForm {
    /// New for every form that is shown, so that a form that is sent twice makes one order.
    key: String,
    name: String,
    phone: String,
    /// What the button said. The price itself comes from the database.
    price: Option<u64>,
    /// Set by a customer who has ordered the same before, and wants another.
    again: Option<String>,
}

#[derive(Template)]
#[template(path = "product.html")]
struct ProductForm<'a> {
    shop: &'a Shop,
    product: &'a Product,
    form: &'a OrderForm,
    problem: Option<&'a str>,
    twin: Option<&'a Order>,
}

fn new_key() -> String {
    Uuid::new_v4().simple().to_string()
}

pub(crate) fn product(shop: &Shop, Path(slug): Path<String>) -> Answer {
    let product = &shop.database.product(&slug)?.ok_or(Message::NotFound)?;
    let form = &OrderForm { key: new_key(), ..OrderForm::default() };
    Ok(page(StatusCode::OK, &ProductForm { shop, product, form, problem: None, twin: None }))
}

/// First the order is stored, then its token, and only then is the customer sent to pay.
pub(crate) fn order(shop: &Shop, (Path(slug), visitor, body): (Path<String>, Visitor, Bytes)) -> Answer {
    let mut form: OrderForm = read(&body)?;
    // Anything else could be guessed by someone else.
    if Uuid::try_parse(&form.key).is_err() {
        form.key = new_key();
    }
    let (form, product) = (&form, &shop.database.product(&slug)?.ok_or(Message::NotSold)?);
    let again = |status, problem: Option<&str>, twin: Option<&Order>| {
        Ok(page(status, &ProductForm { shop, product, form, problem, twin }))
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
    if let Some(order) = shop.database.by_form(&form.key, &slug, &number)? {
        let browser = visitor.browser.or_else(|| Some(order.browser.clone()));
        return shop.pay(order, browser);
    }
    if form.price != Some(product.amount) {
        let changed = "Le prix de cet article a changé. Vérifiez-le avant de payer.";
        return again(StatusCode::CONFLICT, Some(changed), None);
    }
    let orders = shop.of_visitor(&visitor)?;
    let twin = twin(&orders, product, &number).filter(|_| form.again.is_none());
    if let Some(twin) = twin.filter(|twin| !twin.is_over()) {
        return again(StatusCode::CONFLICT, None, Some(twin));
    }
    let browser = visitor.browser.unwrap_or_else(new_key);
    // This order has no token yet: here it is known that nothing was debited.
    let first = twin.map(|twin| twin.first);
    let order = shop.database.add(product, &form.key, &browser, [form.name.trim(), &number], first);
    shop.pay(order.map_err(Message::NotOrdered)?, Some(browser))
}

/// The number as it is sent, if it is one of Congo. A shop in another country changes this function and the sentence above.
fn telephone(typed: &str) -> Option<String> {
    PhoneNumber::try_from(typed).ok().map(Into::into)
}

pub(crate) fn pay_again(shop: &Shop, (Path(reference), visitor): (Path<String>, Visitor)) -> Answer {
    let (order, others) = shop.of_page(&reference, &visitor)?;
    match twin(&others, &order.product, &order.phone).filter(|twin| twin.is_paid()) {
        Some(paid) => Ok(Redirect::to(&paid.path()).into_response()),
        None => shop.pay(order, visitor.browser),
    }
}

/// After a payment that failed: the same article and number, a new order and a new token. However often it is sent, it
/// makes one order, at the price that the button named, and none beside one that is paid.
pub(crate) fn start_over(shop: &Shop, (Path(reference), visitor, body): (Path<String>, Visitor, Bytes)) -> Answer {
    let (old, others) = shop.of_page(&reference, &visitor)?;
    if let Some(paid) = twin(&others, &old.product, &old.phone).filter(|twin| twin.is_paid()) {
        return Ok(Redirect::to(&paid.path()).into_response());
    }
    let form_key = format!("after {}", old.reference);
    if let Some(order) = shop.database.by_form(&form_key, &old.product.slug, &old.phone)? {
        return shop.pay(order, visitor.browser);
    }
    let named = read::<OrderForm>(&body)?.price;
    let product = shop.database.product(&old.product.slug)?;
    // The order's page says what has changed.
    let Some(product) = product.filter(|product| old.may_start_over() && named == Some(product.amount)) else {
        return Ok(Redirect::to(&old.path()).into_response());
    };
    let browser = visitor.browser.unwrap_or_else(new_key);
    let order = shop.database.add(&product, &form_key, &browser, [&old.name, &old.phone], Some(old.first))?;
    shop.pay(order, Some(browser))
}

/// One of these orders, of this article and number: paid, or perhaps being paid in another tab.
pub(crate) fn twin<'a>(orders: &'a [Order], product: &Product, phone: &str) -> Option<&'a Order> {
    let same = |other: &&Order| other.product.slug == product.slug && other.phone == phone && other.token.is_some();
    let is_done = |twin: &&Order| matches!(twin.state, OrderState::Delivered | OrderState::Refunded);
    orders.iter().filter(|twin| same(twin) && !is_done(twin)).min_by_key(|twin| (!twin.is_paid(), twin.is_over()))
}

impl Shop {
    /// Redirects the customer to the payment page, or to the order's page if it cannot be paid. The cookie shows all orders
    /// of a browser: someone who pays by an order's link, such as a relative, gets no other than their own.
    fn pay(&self, order: Order, browser: Option<String>) -> Answer {
        let order = if order.is_payable() { self.with_token(order)? } else { order };
        let address = match &order.token {
            Some(token) if order.is_payable() => self.payments.gateway.payment_url(token),
            _ => order.path(),
        };
        let secure = if self.demo { "" } else { "; Secure" };
        // For a week.
        let settings = format!("HttpOnly; SameSite=Lax; Path=/; Max-Age=604800{secure}");
        let cookie = browser.map(|browser| [(header::SET_COOKIE, format!("{BROWSER}={browser}; {settings}"))]);
        Ok((cookie, Redirect::to(&address)).into_response())
    }

    /// The order with its token, if one can be had. It may be another order of the browser that has the token.
    fn with_token(&self, order: Order) -> rusqlite::Result<Order> {
        let problem = match order.token.clone().map_or_else(|| self.payments.create_token(&order), Ok) {
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
                Problem::new(Kind::TokenTaken, owner.number())
            }
            Err(error) => {
                let problem = Problem::from(&error);
                tracing::error!("no token for order {}: {:#}", order.id, anyhow::Error::from(error));
                *self.payments.problem.lock() = Some(problem.clone());
                problem
            }
        };
        self.database.no_token(&order, &problem)?;
        Ok(order)
    }
}
