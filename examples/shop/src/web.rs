//! The shop's addresses.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use ekolopay::callback::Callback;
use ekolopay_serve::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use ekolopay_serve::http::{HeaderValue, Method, StatusCode};
use ekolopay_serve::{Request, Response};

use crate::assets::{self, Asset};
use crate::checker::Checker;
use crate::cookie::references;
use crate::database::is_temporary;
use crate::merchant::Merchant;
use crate::notices::Notices;
use crate::order_page::{self, View};
use crate::ordering::OrderForm;
use crate::orders::{Order, OrderState, Orders};
use crate::pages::{self, Page, Shown};

/// Without `form-action`, which Chromium also applies to the redirect to the payment page.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

pub(crate) struct Shop {
    pub(crate) orders: Arc<Orders>,
    pub(crate) checker: Arc<Checker>,
    pub(crate) notices: Arc<Notices>,
    pub(crate) merchant: Merchant,
    pub(crate) settings: Settings,
    /// How many customers wait for the gateway.
    pub(crate) waiting: AtomicUsize,
}

pub(crate) struct Settings {
    /// Whether the pages say that no money moves.
    pub(crate) demo: bool,
    /// Whom a customer asks for help.
    pub(crate) contact: Option<String>,
    /// Whether telephone numbers of other countries are accepted.
    pub(crate) any_country: bool,
}

/// What a page can fail with.
pub(crate) type Answer = rusqlite::Result<Response>;

impl Shop {
    pub(crate) fn answer(&self, request: &Request) -> Response {
        let mut answer = self.route(request).unwrap_or_else(|error| self.failed(request, &error));
        let headers =
            [(CONTENT_SECURITY_POLICY, POLICY), (X_CONTENT_TYPE_OPTIONS, "nosniff"), (REFERRER_POLICY, "no-referrer")];
        answer.headers_mut().extend(headers.map(|(name, value)| (name, HeaderValue::from_static(value))));
        answer.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        answer
    }

    /// It says nothing about money: what was paid is not known here.
    fn failed(&self, request: &Request, error: &rusqlite::Error) -> Response {
        let path: String = request.uri().path().chars().take(100).collect();
        log::error!("{} {path}: {error}", request.method());
        self.notices.database_fails(true);
        if is_temporary(error) {
            self.busy(pages::BUSY)
        } else {
            self.page(StatusCode::INTERNAL_SERVER_ERROR, pages::message("Erreur", pages::BROKEN))
        }
    }

    pub(crate) fn busy(&self, text: &str) -> Response {
        let mut answer = self.page(StatusCode::SERVICE_UNAVAILABLE, pages::message("Un instant", text));
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
        answer
    }

    fn route(&self, request: &Request) -> Answer {
        let path = request.uri().path();
        // With a slash at the end or without.
        let path = path.strip_suffix('/').filter(|rest| !rest.is_empty() && !rest.ends_with('/')).unwrap_or(path);
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let method = match *request.method() {
            Method::HEAD => Method::GET,
            ref other => other.clone(),
        };
        let from_elsewhere = request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site");
        if method == Method::POST && from_elsewhere && !matches!(&segments[..], ["payment-status" | "callback"]) {
            return Ok(self.page(StatusCode::FORBIDDEN, pages::message("Formulaire refusé", pages::FOREIGN_FORM)));
        }
        match (method, &segments[..]) {
            (Method::GET, [""]) => Ok(self.page(StatusCode::OK, pages::catalogue(&self.orders.products()?))),
            (Method::GET, ["produits", slug]) => self.show_product(slug),
            (Method::POST, ["produits", slug]) => self.order(slug, request),
            (Method::GET, ["commandes", reference]) => self.show_order(reference, request),
            (Method::GET, ["commandes", reference, "etat"]) => self.state(reference, request),
            (Method::POST, ["commandes", reference, "payer"]) => self.pay_again(reference, request),
            (Method::POST, ["commandes", reference, "recommencer"]) => self.start_over(reference, request),
            (Method::GET, ["payment-status"]) => self.come_back(request),
            (Method::GET, ["payment-status", "etat"]) => self.states(request),
            // Some gateways bring the customer back by a form, which brings no cookies from another site.
            (Method::POST, ["payment-status"]) => Ok(see_other("/payment-status")),
            (Method::POST, ["callback"]) => self.callback(request),
            (Method::GET, ["marchand"]) => self.list_orders(request),
            (Method::POST, ["marchand", "livraison"]) => self.deliver(request),
            (Method::GET, [name]) => Ok(match assets::by_name(name) {
                Some(asset) => cached(asset),
                None => self.unknown(),
            }),
            _ => Ok(self.unknown()),
        }
    }

    fn show_product(&self, slug: &str) -> Answer {
        Ok(match self.orders.product(slug)? {
            Some(product) => self.page(StatusCode::OK, pages::product(&product, &OrderForm::new(), None, None)),
            None => self.unknown(),
        })
    }

    fn show_order(&self, reference: &str, request: &Request) -> Answer {
        let Some(order) = self.orders.by_reference(reference)? else {
            return Ok(self.unknown());
        };
        self.hurry(&order);
        let twin = self.twin(&order.slug, &order.phone, Some(&order), request)?;
        let view = View { order: &order, twin: twin.as_ref(), contact: self.settings.contact.as_deref() };
        Ok(self.page(StatusCode::OK, order_page::order(&view)))
    }

    /// Another order of the same customer for the same article and number: paid, or perhaps being paid in another tab.
    pub(crate) fn twin(
        &self,
        slug: &str,
        phone: &str,
        except: Option<&Order>,
        request: &Request,
    ) -> rusqlite::Result<Option<Order>> {
        let others =
            self.orders_of(request)?.into_iter().filter(|other| except.is_none_or(|order| other.id != order.id));
        let twins = others.filter(|other| (&*other.slug, &*other.phone) == (slug, phone) && other.token.is_some());
        Ok(twins
            .filter(|twin| twin.delivered_at.is_none())
            .min_by_key(|twin| (twin.state != OrderState::Shipped, twin.state.has_failed())))
    }

    /// The customer's orders, by their cookies: what is paid first, then the newest.
    pub(crate) fn orders_of(&self, request: &Request) -> rusqlite::Result<Vec<Order>> {
        let orders = references(request).into_iter().map(|reference| self.orders.by_reference(&reference));
        let mut orders: Vec<Order> = orders.filter_map(rusqlite::Result::transpose).collect::<rusqlite::Result<_>>()?;
        orders.sort_by_key(|order| (order.state != OrderState::Shipped, -order.id));
        Ok(orders)
    }

    /// A word for the state of the order, and one for its twin's. The order's page reloads when they change.
    fn state(&self, reference: &str, request: &Request) -> Answer {
        let Some(order) = self.orders.by_reference(reference)? else {
            return Ok(self.unknown());
        };
        let twin = self.twin(&order.slug, &order.phone, Some(&order), request)?;
        Ok(plain(StatusCode::OK, &order_page::mark(&[&order].into_iter().chain(&twin).collect::<Vec<_>>())))
    }

    /// The redirect URL, which is the same for all customers. A token in the address is ignored: the cookies name the
    /// customer's own orders. All of them are checked, and several are listed: which of them was just paid is not known.
    fn come_back(&self, request: &Request) -> Answer {
        let orders = self.awaited(request)?;
        Ok(match &orders[..] {
            [] => self.page(StatusCode::OK, pages::message("Merci", pages::NO_COOKIE)),
            [order] => see_other(&format!("/commandes/{}", order.reference)),
            orders => self.page(StatusCode::OK, order_page::several(orders)),
        })
    }

    /// The orders that a returning customer waits for. One that has failed is left out if it was tried again: it is shown
    /// if it is paid after all.
    fn awaited(&self, request: &Request) -> rusqlite::Result<Vec<Order>> {
        let mut orders = self.orders_of(request)?;
        orders.retain(|order| order.token.is_some() && order.delivered_at.is_none());
        for order in &orders {
            self.hurry(order);
        }
        let alike = |one: &Order, other: &Order| (&one.slug, &one.phone) == (&other.slug, &other.phone);
        let followed = |failed: &Order| {
            orders.iter().any(|other| other.id > failed.id && alike(failed, other) && !other.state.has_failed())
        };
        let left_out: Vec<i64> =
            orders.iter().filter(|order| order.state.has_failed() && followed(order)).map(|order| order.id).collect();
        orders.retain(|order| !left_out.contains(&order.id));
        Ok(orders)
    }

    /// A word for each order that the return page lists.
    fn states(&self, request: &Request) -> Answer {
        let orders = self.awaited(request)?;
        Ok(plain(StatusCode::OK, &order_page::mark(&orders.iter().collect::<Vec<_>>())))
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

    /// Makes an order due, because its customer is waiting. The page does not depend on it.
    fn hurry(&self, order: &Order) {
        let Some(token) = order.token.as_ref().filter(|_| order.state != OrderState::Shipped) else { return };
        match self.orders.hurry(token) {
            Ok(()) => self.checker.wake(),
            Err(error) => log::warn!("cannot note that a customer waits for order {}: {error}", order.id),
        }
    }

    pub(crate) fn unknown(&self) -> Response {
        self.page(StatusCode::NOT_FOUND, pages::message("Page introuvable", pages::NOT_FOUND))
    }

    pub(crate) fn page(&self, status: StatusCode, page: Page) -> Response {
        let shown = Shown { demo: self.settings.demo, contact: self.settings.contact.as_deref() };
        answer(status, "text/html", page.document(&shown).into_string())
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
