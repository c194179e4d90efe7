//! The shop's addresses.

use std::slice;
use std::sync::Arc;

use askama::Template;
use ekolopay::callback::Callback;
use ekolopay_serve::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, RETRY_AFTER, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use ekolopay_serve::http::{HeaderValue, Method, StatusCode};
use ekolopay_serve::{Request, Response};

use crate::assets::{self, Asset};
use crate::checker::Checker;
use crate::merchant::Merchant;
use crate::notices::Notices;
use crate::ordering::OrderForm;
use crate::orders::{Order, Orders};
use crate::pages::{Catalogue, Message, OneMessage, OneOrder, ProductForm, SeveralOrders, mark};

/// Without `form-action`, which Chromium also applies to the redirect to the payment page.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// Of what anyone can send, in characters.
pub(crate) const LONGEST_LOGGED: usize = 64;

pub(crate) struct Shop {
    pub(crate) orders: Arc<Orders>,
    pub(crate) checker: Arc<Checker>,
    pub(crate) notices: Arc<Notices>,
    pub(crate) merchant: Merchant,
    pub(crate) settings: Settings,
}

#[derive(clap::Args)]
pub(crate) struct Settings {
    /// Who customers can ask for help, shown on every page
    #[arg(long, value_name = "TEXT")]
    pub(crate) contact: Option<String>,

    /// Accept telephone numbers from countries other than Congo
    #[arg(long)]
    pub(crate) any_country: bool,

    /// Whether the pages say that no money moves.
    #[arg(skip)]
    pub(crate) demo: bool,
}

pub(crate) type Answer = Result<Response, Message>;

impl Shop {
    pub(crate) fn answer(&self, request: &Request) -> Response {
        let mut answer = self.route(request).unwrap_or_else(|message| self.message(request, &message));
        let headers =
            [(CONTENT_SECURITY_POLICY, POLICY), (X_CONTENT_TYPE_OPTIONS, "nosniff"), (REFERRER_POLICY, "no-referrer")];
        answer.headers_mut().extend(headers.map(|(name, value)| (name, HeaderValue::from_static(value))));
        answer.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        answer
    }

    fn route(&self, request: &Request) -> Answer {
        let path = request.uri().path();
        // With a slash at the end or without.
        let path = path.strip_suffix('/').filter(|rest| !rest.is_empty() && !rest.ends_with('/')).unwrap_or(path);
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        let from_elsewhere = request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site");
        if method == Method::POST && from_elsewhere && !matches!(&segments[..], ["payment-status" | "callback"]) {
            return Err(Message::ForeignForm);
        }
        match (method, &segments[..]) {
            (&Method::GET, [""]) => self.show_catalogue(),
            (&Method::GET, ["produits", slug]) => self.show_product(slug),
            (&Method::POST, ["produits", slug]) => self.order(slug, request),
            (&Method::GET, ["commandes", reference]) => self.show_order(reference, request),
            (&Method::GET, ["commandes", reference, "etat"]) => self.state(reference, request),
            (&Method::POST, ["commandes", reference, "payer"]) => self.pay_again(reference, request),
            (&Method::POST, ["commandes", reference, "recommencer"]) => self.start_over(reference, request),
            (&Method::GET, ["payment-status"]) => self.come_back(request),
            (&Method::GET, ["payment-status", "etat"]) => self.states(request),
            // Some gateways bring the customer back by a form, which brings no cookies from another site.
            (&Method::POST, ["payment-status"]) => Ok(see_other("/payment-status")),
            (&Method::POST, ["callback"]) => self.callback(request),
            (&Method::GET, ["marchand"]) => self.list_orders(request),
            (&Method::POST, ["marchand"]) => self.change_order(request),
            (&Method::GET, [name]) => Ok(cached(assets::by_name(name).ok_or(Message::NotFound)?)),
            _ => Err(Message::NotFound),
        }
    }

    fn show_catalogue(&self) -> Answer {
        let products = &self.orders.products()?;
        Ok(page(StatusCode::OK, &Catalogue { shop: &self.settings, products }))
    }

    fn show_product(&self, slug: &str) -> Answer {
        let product = self.orders.product(slug)?.ok_or(Message::NotFound)?;
        let (shop, product, form) = (&self.settings, &product, &OrderForm::default());
        Ok(page(StatusCode::OK, &ProductForm { shop, product, form, problem: None, twin: None }))
    }

    fn show_order(&self, reference: &str, request: &Request) -> Answer {
        let order = self.orders.by_reference(reference)?.ok_or(Message::NotFound)?;
        self.hurry(slice::from_ref(&order));
        let twin = self.orders.twin(request, &order.product.slug, &order.phone, order.id)?;
        let mark = mark([&order].into_iter().chain(&twin));
        Ok(page(StatusCode::OK, &OneOrder { shop: &self.settings, order: &order, twin: twin.as_ref(), mark }))
    }

    /// A word for the state of the order, and one for its twin's. The order's page reloads when they change.
    fn state(&self, reference: &str, request: &Request) -> Answer {
        let order = self.orders.by_reference(reference)?.ok_or(Message::NotFound)?;
        let twin = self.orders.twin(request, &order.product.slug, &order.phone, order.id)?;
        Ok(plain(StatusCode::OK, &mark([&order].into_iter().chain(&twin))))
    }

    /// The redirect URL, which is the same for all customers. A token in the address is ignored: the cookies name the
    /// customer's own orders. All of them are checked, and several are listed: which of them was just paid is not known.
    fn come_back(&self, request: &Request) -> Answer {
        let orders = &self.orders.awaited(request)?;
        self.hurry(orders);
        Ok(match &orders[..] {
            [] => return Err(Message::NoCookie),
            [order] => see_other(&order.path()),
            _ => page(StatusCode::OK, &SeveralOrders { shop: &self.settings, orders, mark: mark(orders) }),
        })
    }

    /// A word for each order that the return page lists.
    fn states(&self, request: &Request) -> Answer {
        let orders = self.orders.awaited(request)?;
        self.hurry(&orders);
        Ok(plain(StatusCode::OK, &mark(&orders)))
    }

    /// A callback only makes an order due. It is answered at once. If it is lost, the timer finds the payment later.
    fn callback(&self, request: &Request) -> Answer {
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

    /// Makes orders due, because their customer is waiting. The page does not depend on it.
    fn hurry(&self, orders: &[Order]) {
        for order in orders {
            let Some(token) = order.token.as_ref().filter(|_| !order.is_paid()) else { continue };
            match self.orders.hurry(token) {
                Ok(()) => self.checker.wake(),
                Err(error) => log::warn!("cannot note that a customer waits for order {}: {error}", order.id),
            }
        }
    }

    fn message(&self, request: &Request, message: &Message) -> Response {
        if let Message::Database(error) | Message::NotOrdered(error) = message {
            let path: String = request.uri().path().chars().take(LONGEST_LOGGED).collect();
            log::error!("{} {path}: {error}", request.method());
            self.notices.database_fails(true);
        }
        let mut answer = page(message.status(), &OneMessage { shop: &self.settings, message });
        let header = match message.status() {
            StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, "5")),
            StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, r#"Basic realm="marchand", charset="UTF-8""#)),
            _ => None,
        };
        answer.headers_mut().extend(header.map(|(name, value)| (name, HeaderValue::from_static(value))));
        answer
    }
}

pub(crate) fn page(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => answer(status, "text/html", html),
        Err(error) => {
            log::error!("a page: {error}");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "Erreur")
        }
    }
}

/// A file whose name changes with its content.
fn cached(asset: &Asset) -> Response {
    let mut answer = answer(StatusCode::OK, asset.kind, asset.content.to_owned());
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    answer
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

pub(crate) fn see_other(location: &str) -> Response {
    let mut answer = Response::default();
    *answer.status_mut() = StatusCode::SEE_OTHER;
    answer.headers_mut().insert(LOCATION, header(location));
    answer
}

/// The text is ASCII: the shop's own words, references, and the SDK's addresses.
pub(crate) fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("ASCII")
}
