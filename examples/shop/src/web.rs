//! The shop's addresses.

use std::io::{self, Read};
use std::sync::Arc;

use ekolopay::callback::Callback;
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::{Error, Gateway};
use headers::authorization::{Authorization, Basic};
use headers::{Cookie, HeaderMapExt};
use oxhttp::model::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use oxhttp::model::{Body, HeaderValue, Method, Request, Response, StatusCode};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use crate::checker::{Checker, with_sources};
use crate::orders::{Order, OrderState, Orders};
use crate::pages;

/// The longest form that is read.
const LONGEST_BODY: u64 = 64 * 1024;

/// In characters, of a name or a number.
const LONGEST_FIELD: usize = 100;

/// How many orders stand on a page of the merchant's.
const ORDERS_PER_PAGE: u32 = 100;

/// Names the customer's last order, because the gateway sends all customers back to one and the same page.
const COOKIE: &str = "commande";

/// There is no `form-action`: Chromium holds it against the redirect to the payment page too.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

pub(crate) struct Shop {
    pub(crate) gateway: Gateway,
    pub(crate) orders: Arc<Orders>,
    pub(crate) checker: Arc<Checker>,
    /// Opens the page of all orders, for any user name.
    pub(crate) password: String,
    /// With the local gateway: no money moves, and the pages say so.
    pub(crate) demo: bool,
}

type Answer = Response<Body>;

/// What the order form holds. What is paid is the shop's own price, whatever a form says.
#[derive(Deserialize, Default)]
pub(crate) struct OrderForm {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) phone: String,
}

impl Shop {
    pub(crate) fn answer(&self, request: &mut Request<Body>) -> Answer {
        let mut answer = self.route(request).unwrap_or_else(|error| {
            log::error!("{} {}: {error}", request.method(), request.uri().path());
            self.page(StatusCode::INTERNAL_SERVER_ERROR, pages::message("Erreur", pages::BROKEN))
        });
        if request.method() == Method::HEAD {
            *answer.body_mut() = Body::empty();
        }
        let headers = [
            (CONTENT_SECURITY_POLICY, POLICY),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (REFERRER_POLICY, "no-referrer"),
            (CACHE_CONTROL, "no-store"),
        ];
        answer.headers_mut().extend(headers.map(|(name, value)| (name, HeaderValue::from_static(value))));
        // One request a connection: oxhttp sends an error to one that is idle for too long, and it would be taken for
        // the answer to the request that is just then on its way.
        request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        answer
    }

    fn route(&self, request: &mut Request<Body>) -> rusqlite::Result<Answer> {
        let path = request.uri().path().to_owned();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
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

    fn show_product(&self, slug: &str) -> rusqlite::Result<Answer> {
        Ok(match self.orders.product(slug)? {
            Some(product) => self.page(StatusCode::OK, pages::product(&product, &OrderForm::default(), None)),
            None => self.unknown(),
        })
    }

    /// The order is stored first, its token next, and only then the customer leaves.
    fn order(&self, slug: &str, request: &mut Request<Body>) -> rusqlite::Result<Answer> {
        let Some(product) = self.orders.product(slug)? else {
            return Ok(self.unknown());
        };
        let form = body(request).and_then(|body| serde_urlencoded::from_bytes(&body).map_err(io::Error::other));
        let Ok(form): Result<OrderForm, _> = form else {
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

    fn pay_again(&self, reference: &str) -> rusqlite::Result<Answer> {
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

    /// Sends the customer to pay: with the order's token, which is created if there is none.
    fn pay(&self, order: &Order) -> rusqlite::Result<Result<Answer, Error>> {
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
                    log::warn!("no token for the order {}: {problem}", order.id);
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

    /// Not repeated here when it fails. One whose reply was lost is not paid by anybody, so the customer may ask for
    /// another.
    fn create_token(&self, order: &Order) -> Result<PurchaseToken, Error> {
        let mut customer = Customer::new(&order.phone);
        if !order.name.is_empty() {
            customer = customer.name(&order.name);
        }
        let product = Product::new(&order.label).details(&order.details);
        self.gateway.create_purchase_token(&Purchase::new(order.amount, product, customer)?)
    }

    fn show_order(&self, reference: &str) -> rusqlite::Result<Answer> {
        let Some(order) = self.orders.by_reference(reference)? else {
            return Ok(self.unknown());
        };
        self.look_at(&order)?;
        Ok(self.page(StatusCode::OK, pages::order(&order)))
    }

    /// One word, which the order's page looks at until it is another.
    fn state(&self, reference: &str) -> rusqlite::Result<Answer> {
        Ok(match self.orders.by_reference(reference)? {
            Some(order) => file("text/plain", pages::mark(&order)),
            None => self.unknown(),
        })
    }

    /// The documentation's « Redirect URL »: the same for all customers. Whatever the address says of a token, it is the
    /// customer's own order that is looked at.
    fn come_back(&self, request: &Request<Body>) -> rusqlite::Result<Answer> {
        let cookie = request.headers().typed_get::<Cookie>();
        let reference = cookie.as_ref().and_then(|cookie| cookie.get(COOKIE)).unwrap_or_default();
        let Some(order) = self.orders.by_reference(reference)? else {
            return Ok(self.page(StatusCode::OK, pages::message("Merci", pages::NO_COOKIE)));
        };
        self.look_at(&order)?;
        Ok(see_other(&format!("/commandes/{}", order.reference)))
    }

    /// A callback is a reason to look, and no more. It is answered at once; one that is lost costs nothing but time.
    fn callback(&self, request: &mut Request<Body>) -> rusqlite::Result<Answer> {
        let body = match body(request) {
            Ok(body) => body,
            Err(error) => return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE, &error.to_string())),
        };
        let callback = match Callback::parse(&body) {
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

    fn all_orders(&self, request: &Request<Body>) -> rusqlite::Result<Answer> {
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

    /// Somebody waits for news of this order.
    fn look_at(&self, order: &Order) -> rusqlite::Result<()> {
        if let Some(token) = order.token.as_ref().filter(|_| order.state != OrderState::Shipped) {
            self.orders.hurry(token)?;
            self.checker.wake();
        }
        Ok(())
    }

    fn unknown(&self) -> Answer {
        self.page(StatusCode::NOT_FOUND, pages::message("Page introuvable", pages::NOT_FOUND))
    }

    fn page(&self, status: StatusCode, page: pages::Page) -> Answer {
        answer(status, "text/html", page.document(self.demo).into_string())
    }
}

fn body(request: &mut Request<Body>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    request.body_mut().take(LONGEST_BODY + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST_BODY {
        return Err(io::Error::other("the body is longer than 64 KiB"));
    }
    Ok(bytes)
}

fn file(kind: &str, content: &str) -> Answer {
    answer(StatusCode::OK, kind, content.to_owned())
}

fn plain(status: StatusCode, text: &str) -> Answer {
    answer(status, "text/plain", text.to_owned())
}

fn answer(status: StatusCode, kind: &str, content: String) -> Answer {
    let mut answer = Response::new(Body::from(content));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, header(&format!("{kind}; charset=utf-8")));
    answer
}

fn see_other(location: &str) -> Answer {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    answer.headers_mut().insert(LOCATION, header(location));
    answer
}

/// All that comes here is visible ASCII: our own words, references, and the SDK's addresses.
fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("/"))
}
