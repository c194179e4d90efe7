//! The shop's addresses.

use std::sync::Arc;

use ekolopay::callback::Callback;
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::{Error, Gateway};
use ekolopay_serve::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use ekolopay_serve::http::{HeaderValue, Method, StatusCode};
use ekolopay_serve::{Request, Response};
use headers::authorization::{Authorization, Basic};
use headers::{Cookie, HeaderMapExt};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use crate::checker::{Checker, with_sources};
use crate::orders::{Order, OrderState, Orders};
use crate::pages;

/// The longest name or number, in characters.
const LONGEST_FIELD: usize = 100;

const ORDERS_PER_PAGE: u32 = 100;

/// Holds the reference of the customer's last order, because the gateway sends all customers back to the same page.
const COOKIE: &str = "commande";

/// Without `form-action`, which Chromium also applies to the redirect to the payment page.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

pub(crate) struct Shop {
    pub(crate) gateway: Gateway,
    pub(crate) orders: Arc<Orders>,
    pub(crate) checker: Arc<Checker>,
    /// The password of the page of all orders, with any user name.
    pub(crate) password: String,
    /// Whether the pages say that no money moves.
    pub(crate) demo: bool,
}

/// The fields of the order form. The price is not one of them: it comes from the database.
#[derive(Deserialize, Default)]
pub(crate) struct OrderForm {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) phone: String,
}

impl Shop {
    pub(crate) fn answer(&self, request: &Request) -> Response {
        let mut answer = self.route(request).unwrap_or_else(|error| {
            log::error!("{} {}: {error}", request.method(), request.uri().path());
            self.page(StatusCode::INTERNAL_SERVER_ERROR, pages::message("Erreur", pages::BROKEN))
        });
        let headers = [
            (CONTENT_SECURITY_POLICY, POLICY),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (REFERRER_POLICY, "no-referrer"),
            (CACHE_CONTROL, "no-store"),
        ];
        answer.headers_mut().extend(headers.map(|(name, value)| (name, HeaderValue::from_static(value))));
        answer
    }

    fn route(&self, request: &Request) -> rusqlite::Result<Response> {
        let segments: Vec<&str> = request.uri().path().split('/').skip(1).collect();
        let method = match *request.method() {
            Method::HEAD => Method::GET,
            ref other => other.clone(),
        };
        match (method, &segments[..]) {
            (Method::GET, [""]) => Ok(self.page(StatusCode::OK, pages::catalogue(&self.orders.products()?))),
            (Method::GET, ["produits", slug]) => self.show_product(slug),
            (Method::POST, ["produits", slug]) => self.order(slug, request),
            (Method::GET, ["commandes", reference]) => self.show_order(reference),
            (Method::GET, ["commandes", reference, "etat"]) => self.state(reference),
            (Method::POST, ["commandes", reference, "payer"]) => self.pay_again(reference),
            (Method::GET, ["payment-status"]) => self.come_back(request),
            (Method::POST, ["callback"]) => self.callback(request),
            (Method::GET, ["marchand"]) => self.all_orders(request),
            (Method::GET, ["style.css"]) => Ok(file("text/css", include_str!("style.css"))),
            (Method::GET, ["suivi.js"]) => Ok(file("text/javascript", include_str!("suivi.js"))),
            _ => Ok(self.page(StatusCode::NOT_FOUND, pages::message("Page introuvable", pages::NOT_FOUND))),
        }
    }

    fn show_product(&self, slug: &str) -> rusqlite::Result<Response> {
        Ok(match self.orders.product(slug)? {
            Some(product) => self.page(StatusCode::OK, pages::product(&product, &OrderForm::default(), None)),
            None => self.unknown(),
        })
    }

    /// First the order is stored, then its token, and only then is the customer sent to pay.
    fn order(&self, slug: &str, request: &Request) -> rusqlite::Result<Response> {
        let Some(product) = self.orders.product(slug)? else {
            return Ok(self.unknown());
        };
        let Ok(form) = serde_urlencoded::from_bytes::<OrderForm>(request.body()) else {
            return Ok(self.page(StatusCode::BAD_REQUEST, pages::message("Demande illisible", pages::BROKEN)));
        };
        let again = |problem: &str| {
            Ok(self.page(StatusCode::UNPROCESSABLE_ENTITY, pages::product(&product, &form, Some(problem))))
        };
        if form.phone.trim().is_empty() {
            return again("Indiquez le numéro de téléphone avec lequel vous payez.");
        }
        if [&form.phone, &form.name].iter().any(|text| text.chars().count() > LONGEST_FIELD) {
            return again("Le numéro ou le nom est trop long.");
        }
        let reference = self.orders.add(&product, form.name.trim(), form.phone.trim())?;
        let Some(order) = self.orders.by_reference(&reference)? else {
            return Ok(self.unknown());
        };
        match self.pay(&order)? {
            Ok(answer) => Ok(answer),
            Err(Error::Refused { message, .. }) => {
                self.orders.forget(&order)?;
                again(&pages::refusal(&message))
            }
            Err(_) => Ok(see_other(&format!("/commandes/{reference}"))),
        }
    }

    fn pay_again(&self, reference: &str) -> rusqlite::Result<Response> {
        let Some(order) = self.orders.by_reference(reference)? else {
            return Ok(self.unknown());
        };
        match self.pay(&order)? {
            Ok(answer) if order.state != OrderState::Shipped => Ok(answer),
            Err(Error::Refused { message, .. }) => {
                let page = pages::message("Commande refusée", &pages::refusal(&message));
                Ok(self.page(StatusCode::UNPROCESSABLE_ENTITY, page))
            }
            _ => Ok(see_other(&format!("/commandes/{reference}"))),
        }
    }

    /// Redirects the customer to the payment page. If the order has no token yet, it is created first.
    fn pay(&self, order: &Order) -> rusqlite::Result<Result<Response, Error>> {
        let token = match &order.token {
            Some(token) => token.clone(),
            None => match self.create_token(order) {
                Ok(token) => {
                    let token = self.orders.keep_token(order, &token)?;
                    self.checker.wake();
                    token
                }
                Err(error) => {
                    let problem = with_sources(&error);
                    log::warn!("no token for order {}: {problem}", order.id);
                    self.orders.no_token(order, &problem)?;
                    return Ok(Err(error));
                }
            },
        };
        let mut answer = see_other(&self.gateway.payment_url(&token));
        let secure = if self.demo { "" } else { "; Secure" };
        let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=604800{secure}", order.reference);
        answer.headers_mut().insert(SET_COOKIE, header(&cookie));
        Ok(Ok(answer))
    }

    /// It is called once, even when it fails: nobody pays a token whose reply was lost, so the customer can simply try
    /// again.
    fn create_token(&self, order: &Order) -> Result<PurchaseToken, Error> {
        let mut customer = Customer::new(&order.phone);
        if !order.name.is_empty() {
            customer = customer.name(&order.name);
        }
        let product = Product::new(&order.label).details(&order.details);
        self.gateway.create_purchase_token(&Purchase::new(order.amount, product, customer)?)
    }

    fn show_order(&self, reference: &str) -> rusqlite::Result<Response> {
        let Some(order) = self.orders.by_reference(reference)? else {
            return Ok(self.unknown());
        };
        self.look_at(&order)?;
        Ok(self.page(StatusCode::OK, pages::order(&order)))
    }

    /// One word for the state of the order. The order's page reloads when it changes.
    fn state(&self, reference: &str) -> rusqlite::Result<Response> {
        Ok(match self.orders.by_reference(reference)? {
            Some(order) => file("text/plain", pages::mark(&order)),
            None => self.unknown(),
        })
    }

    /// The redirect URL, which is the same for all customers. A token in the address is ignored: the cookie names the
    /// customer's own order.
    fn come_back(&self, request: &Request) -> rusqlite::Result<Response> {
        let cookie = request.headers().typed_get::<Cookie>();
        let reference = cookie.as_ref().and_then(|cookie| cookie.get(COOKIE)).unwrap_or_default();
        let Some(order) = self.orders.by_reference(reference)? else {
            return Ok(self.page(StatusCode::OK, pages::message("Merci", pages::NO_COOKIE)));
        };
        self.look_at(&order)?;
        Ok(see_other(&format!("/commandes/{}", order.reference)))
    }

    /// A callback only makes an order due. It is answered at once. If it is lost, the timer finds the payment later.
    fn callback(&self, request: &Request) -> rusqlite::Result<Response> {
        let callback = match Callback::parse(request.body()) {
            Ok(callback) => callback,
            Err(error) => return Ok(plain(StatusCode::BAD_REQUEST, &error.to_string())),
        };
        let token = callback.purchase_token();
        if !self.orders.note_callback(token, callback.status())? {
            return Ok(plain(StatusCode::NOT_FOUND, "no order has this token"));
        }
        self.orders.hurry(token)?;
        self.checker.wake();
        Ok(plain(StatusCode::OK, "noted"))
    }

    fn all_orders(&self, request: &Request) -> rusqlite::Result<Response> {
        let given = request.headers().typed_get::<Authorization<Basic>>();
        let given = given.as_ref().map_or("", |given| given.password());
        if !bool::from(given.as_bytes().ct_eq(self.password.as_bytes())) {
            let mut answer = self.page(StatusCode::UNAUTHORIZED, pages::message("Marchand", pages::PASSWORD));
            let scheme = HeaderValue::from_static(r#"Basic realm="marchand", charset="UTF-8""#);
            answer.headers_mut().insert(WWW_AUTHENTICATE, scheme);
            return Ok(answer);
        }
        let query = request.uri().query().unwrap_or_default();
        let before = query.strip_prefix("avant=").and_then(|id| id.parse().ok()).unwrap_or(i64::MAX);
        let page = pages::all_orders(&self.orders.counts()?, &self.orders.page(before, ORDERS_PER_PAGE)?);
        Ok(self.page(StatusCode::OK, page))
    }

    /// Makes an order due, because its customer is waiting.
    fn look_at(&self, order: &Order) -> rusqlite::Result<()> {
        if let Some(token) = order.token.as_ref().filter(|_| order.state != OrderState::Shipped) {
            self.orders.hurry(token)?;
            self.checker.wake();
        }
        Ok(())
    }

    fn unknown(&self) -> Response {
        self.page(StatusCode::NOT_FOUND, pages::message("Page introuvable", pages::NOT_FOUND))
    }

    fn page(&self, status: StatusCode, page: pages::Page) -> Response {
        answer(status, "text/html", page.document(self.demo).into_string())
    }
}

fn file(kind: &str, content: &str) -> Response {
    answer(StatusCode::OK, kind, content.to_owned())
}

fn plain(status: StatusCode, text: &str) -> Response {
    answer(status, "text/plain", text.to_owned())
}

fn answer(status: StatusCode, kind: &str, content: String) -> Response {
    let mut answer = Response::new(content.into_bytes());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, header(&format!("{kind}; charset=utf-8")));
    answer
}

fn see_other(location: &str) -> Response {
    let mut answer = Response::default();
    *answer.status_mut() = StatusCode::SEE_OTHER;
    answer.headers_mut().insert(LOCATION, header(location));
    answer
}

/// The text is ASCII: the shop's own words, references, and the SDK's addresses.
fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("ASCII")
}
