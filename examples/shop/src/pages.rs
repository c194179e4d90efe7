//! The shop's addresses, and the pages that its customers come back to.

use std::pin::Pin;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, State};
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::cookie::Cookie;
use ekolopay::callback::Callback;
use serde::de::DeserializeOwned;
use tokio::task;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use uuid::Uuid;

use crate::customers;
use crate::database::Database;
use crate::merchant::{self, Merchant};
use crate::orders::{Order, OrderState, Product};
use crate::payments::Payments;
use crate::views::{Catalogue, Message, OneMessage, OneOrder, Settings, SeveralOrders, mark};

/// Without `form-action`, which Chromium also applies to the redirect to the payment page.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";
/// One for all of a browser's orders.
pub(crate) const BROWSER: &str = "navigateur";
/// The longest body, in bytes.
const LONGEST_BODY: usize = 64 * 1024;
pub(crate) struct Shop {
    pub(crate) database: Arc<Database>,
    pub(crate) payments: Arc<Payments>,
    pub(crate) settings: Settings,
    pub(crate) merchant: Merchant,
}

pub(crate) type Answer = Result<Response, Message>;

pub(crate) fn router(shop: Shop) -> Router {
    let always =
        |name: HeaderName, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    Router::new()
        .route("/", get(blocking(catalogue)))
        .route("/produits/{slug}", get(blocking(customers::product)).post(blocking(customers::order)))
        .route("/commandes", get(blocking(orders)))
        .route("/commandes/etat", get(blocking(states)))
        .route("/commandes/{reference}", get(blocking(show)))
        .route("/commandes/{reference}/etat", get(blocking(state)))
        .route("/commandes/{reference}/payer", post(blocking(customers::pay_again)))
        .route("/commandes/{reference}/recommencer", post(blocking(customers::start_over)))
        // Some gateways bring the customer back by a form, which brings no cookies from another site.
        .route("/payment-status", get(blocking(come_back)).post(async || Redirect::to("/payment-status")))
        .route("/callback", post(blocking(callback)))
        .route("/marchand", get(blocking(merchant::list)).post(blocking(merchant::change)))
        .route("/marchand/commandes.csv", get(blocking(merchant::export)))
        .route("/marchand/commandes/{number}", get(blocking(merchant::show)))
        .route("/style.css", get(async || asset("text/css", include_str!("style.css"))))
        .route("/boutique.js", get(async || asset("text/javascript", include_str!("boutique.js"))))
        .fallback(blocking(|_, ()| Err(Message::NotFound)))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(CatchPanicLayer::new())
        .layer(always(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::REFERRER_POLICY, "no-referrer"))
        .layer(always(header::CACHE_CONTROL, "no-store"))
        .with_state(Arc::new(shop))
}

type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// Makes a handler of a plain function, which may wait for the database or the gateway.
pub(crate) fn blocking<A: Send + 'static>(
    act: fn(&Shop, A) -> Answer,
) -> impl Fn(State<Arc<Shop>>, A) -> Answering + Clone + Send + Sync + 'static {
    move |State(shop), asked| {
        let act = move || act(&shop, asked).unwrap_or_else(|message| shop.message(&message));
        Box::pin(async { task::spawn_blocking(act).await.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR.into_response()) })
    }
}

/// Who asks. Refuses a form that the browser marks as another site's.
pub(crate) struct Visitor {
    /// Names the browser's orders.
    pub(crate) browser: Option<String>,
}

impl FromRequestParts<Arc<Shop>> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> Result<Visitor, Response> {
        if parts.method == Method::POST && parts.headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
        {
            return Err(shop.message(&Message::ForeignForm));
        }
        // Cookies of other names may hold any bytes.
        let fields =
            parts.headers.get_all(header::COOKIE).iter().map(|field| String::from_utf8_lossy(field.as_bytes()));
        let mut cookies =
            fields.flat_map(|field| Cookie::split_parse(field.into_owned()).flatten().collect::<Vec<_>>());
        let own = cookies.find(|cookie| cookie.name() == BROWSER && Uuid::try_parse(cookie.value()).is_ok());
        Ok(Visitor { browser: own.map(|cookie| cookie.value().to_owned()) })
    }
}

fn catalogue(shop: &Shop, (): ()) -> Answer {
    Ok(page(StatusCode::OK, &Catalogue { shop: &shop.settings, products: &shop.database.products()? }))
}

fn show(shop: &Shop, (Path(reference), visitor): (Path<String>, Visitor)) -> Answer {
    let (order, others) = shop.of_page(&reference, &visitor)?;
    shop.hurry([&order]);
    let product = shop.database.product(&order.product.slug)?;
    let (settings, order, mark) = (&shop.settings, &order, mark([&order].into_iter().chain(&others)));
    let twin = twin(&others, &order.product, &order.phone, order.id);
    Ok(page(
        StatusCode::OK,
        &OneOrder { shop: settings, order, product: product.as_ref(), twin, others: &others, mark },
    ))
}

/// A word for the state of each order on the page, which reloads when they change.
fn state(shop: &Shop, (Path(reference), visitor): (Path<String>, Visitor)) -> Answer {
    let (order, others) = shop.of_page(&reference, &visitor)?;
    Ok(mark([&order].into_iter().chain(&others)).into_response())
}

fn orders(shop: &Shop, visitor: Visitor) -> Answer {
    let orders = &shop.of_visitor(&visitor)?;
    shop.hurry(orders);
    match orders.len() {
        0 => Err(Message::NoOrders),
        _ => Ok(page(StatusCode::OK, &SeveralOrders { shop: &shop.settings, orders, mark: mark(orders) })),
    }
}

fn states(shop: &Shop, visitor: Visitor) -> Answer {
    Ok(mark(&shop.of_visitor(&visitor)?).into_response())
}

/// The redirect URL, which is the same for all customers. A token in the address is ignored: the cookie names the browser's
/// orders. All are checked, and the one that was sent to pay last is shown, with the others below.
fn come_back(shop: &Shop, visitor: Visitor) -> Answer {
    let orders = shop.of_visitor(&visitor)?;
    shop.hurry(&orders);
    Ok(see_other(&orders.iter().find(|order| order.token.is_some()).ok_or(Message::NoOrders)?.path()))
}

/// A callback only makes an order due. It is answered at once. If it is lost, the timer finds the payment later.
fn callback(shop: &Shop, body: Bytes) -> Answer {
    let callback = match Callback::parse(&body) {
        Ok(callback) => callback,
        Err(error) => return Ok((StatusCode::BAD_REQUEST, error.to_string()).into_response()),
    };
    let known = shop.database.note_callback(callback.purchase_token(), callback.status())?;
    shop.payments.wake();
    Ok(if known { "noted".into_response() } else { (StatusCode::NOT_FOUND, "no order has this token").into_response() })
}

/// Browsers keep it for a while.
fn asset(kind: &str, content: &'static str) -> Response {
    let headers = [(header::CACHE_CONTROL, "max-age=300"), (header::CONTENT_TYPE, &format!("{kind}; charset=utf-8"))];
    (headers, content).into_response()
}

/// Another order than this one, of the same browser, article and number: paid, or perhaps being paid in another tab.
pub(crate) fn twin<'a>(orders: &'a [Order], product: &Product, phone: &str, except: i64) -> Option<&'a Order> {
    let same = |other: &&Order| other.id != except && (&*other.product.slug, &*other.phone) == (&*product.slug, phone);
    let twins = orders.iter().filter(same).filter(|twin| twin.token.is_some());
    let twins = twins.filter(|twin| !matches!(twin.state, OrderState::Delivered | OrderState::Refunded));
    twins.min_by_key(|twin| (!twin.is_paid(), twin.is_over()))
}

impl Shop {
    fn of_visitor(&self, visitor: &Visitor) -> rusqlite::Result<Vec<Order>> {
        visitor.browser.as_ref().map_or(Ok(Vec::new()), |browser| self.database.of_browser(browser))
    }

    /// An order, and the others of the browser.
    pub(crate) fn of_page(&self, reference: &str, visitor: &Visitor) -> Result<(Order, Vec<Order>), Message> {
        let order = self.database.by_reference(reference)?.ok_or(Message::NotFound)?;
        let mut others = self.of_visitor(visitor)?;
        others.retain(|other| other.id != order.id);
        Ok((order, others))
    }

    /// Makes orders due, because their customer is waiting. The page does not depend on it.
    fn hurry<'a>(&self, orders: impl IntoIterator<Item = &'a Order>) {
        for order in orders {
            let Some(token) = order.token.as_ref().filter(|_| !order.is_paid()) else { continue };
            match self.database.hurry(token) {
                Ok(()) => self.payments.wake(),
                Err(error) => tracing::warn!("cannot note that a customer waits for order {}: {error}", order.id),
            }
        }
    }

    pub(crate) fn message(&self, message: &Message) -> Response {
        if let Message::Database(error) | Message::NotOrdered(error) = message {
            tracing::error!("database: {error}");
            self.payments.database_fails.store(true, std::sync::atomic::Ordering::SeqCst);
        }
        let answer = page(message.status(), &OneMessage { shop: &self.settings, message });
        match message.status() {
            StatusCode::SERVICE_UNAVAILABLE => ([(header::RETRY_AFTER, "5")], answer).into_response(),
            StatusCode::UNAUTHORIZED => {
                ([(header::WWW_AUTHENTICATE, r#"Basic realm="marchand", charset="UTF-8""#)], answer).into_response()
            }
            _ => answer,
        }
    }
}

pub(crate) fn page(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        Err(error) => {
            tracing::error!("a page: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Message> {
    serde_html_form::from_bytes(body).map_err(|_| Message::Unreadable)
}

pub(crate) fn see_other(address: &str) -> Response {
    Redirect::to(address).into_response()
}
