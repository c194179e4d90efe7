//! The shop's addresses, and the pages that its customers see: in French, for telephones first. Their HTML is in `templates`.

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
use tower_http::set_header::SetResponseHeaderLayer;
use uuid::Uuid;

use crate::checks::Kind;
use crate::database::Database;
use crate::orders::{Order, OrderState, Product};
use crate::payments::Payments;
use crate::{checkout, merchant};

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
    /// What stands on every page.
    pub(crate) contact: Option<String>,
    pub(crate) demo: bool,
    /// The merchant's, with any user name.
    pub(crate) password: String,
    /// Is part of every form of the merchant, so that a page of another site cannot send one.
    pub(crate) form_key: String,
}

pub(crate) type Answer = Result<Response, Message>;

pub(crate) fn router(shop: Shop) -> Router {
    let always =
        |name: HeaderName, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    Router::new()
        .route("/", get(blocking(catalogue)))
        .route("/produits/{slug}", get(blocking(checkout::product)).post(blocking(checkout::order)))
        .route("/commandes", get(blocking(orders)))
        .route("/commandes/etat", get(blocking(states)))
        .route("/commandes/{reference}", get(blocking(show)))
        .route("/commandes/{reference}/etat", get(blocking(state)))
        .route("/commandes/{reference}/payer", post(blocking(checkout::pay_again)))
        .route("/commandes/{reference}/recommencer", post(blocking(checkout::start_over)))
        // Some gateways bring the customer back by a form, which brings no cookies from another site. EkoloPay may have
        // been given these two addresses with a slash at the end.
        .route("/payment-status", get(blocking(come_back)).post(async || Redirect::to("/payment-status")))
        .route("/payment-status/", get(blocking(come_back)).post(async || Redirect::to("/payment-status")))
        .route("/callback", post(blocking(callback)))
        .route("/callback/", post(blocking(callback)))
        .route("/marchand", get(blocking(merchant::list)).post(blocking(merchant::change)))
        .route("/marchand/commandes.csv", get(blocking(merchant::export)))
        .route("/marchand/commandes/{number}", get(blocking(merchant::show)))
        .route("/style.css", get(async || asset("text/css", include_str!("style.css"))))
        .route("/boutique.js", get(async || asset("text/javascript", include_str!("boutique.js"))))
        .fallback(blocking(|_, ()| Err(Message::NotFound)))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(always(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::REFERRER_POLICY, "no-referrer"))
        .layer(always(header::CACHE_CONTROL, "no-store"))
        .with_state(Arc::new(shop))
}

type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// Makes a handler of a plain function, which may wait for the database or the gateway.
fn blocking<A: Send + 'static>(
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
        let site = parts.headers.get("sec-fetch-site");
        if parts.method == Method::POST && site.is_some_and(|site| site == "cross-site") {
            return Err(shop.message(&Message::ForeignForm));
        }
        // Cookies of other names may hold any bytes.
        let fields = parts.headers.get_all(header::COOKIE).iter();
        let fields: Vec<_> = fields.map(|field| String::from_utf8_lossy(field.as_bytes())).collect();
        let mut cookies = fields.iter().flat_map(|field| Cookie::split_parse(&**field)).flatten();
        let own = cookies.find(|cookie| cookie.name() == BROWSER && Uuid::try_parse(cookie.value()).is_ok());
        Ok(Visitor { browser: own.map(|cookie| cookie.value().to_owned()) })
    }
}

#[derive(Template)]
#[template(path = "catalogue.html")]
struct Catalogue<'a> {
    shop: &'a Shop,
    products: Vec<Product>,
}

fn catalogue(shop: &Shop, (): ()) -> Answer {
    Ok(page(StatusCode::OK, &Catalogue { shop, products: shop.database.products()? }))
}

#[derive(Template)]
#[template(path = "order.html")]
struct OneOrder<'a> {
    shop: &'a Shop,
    order: &'a Order,
    /// The article as it is sold now.
    product: Option<Product>,
    twin: Option<&'a Order>,
    others: &'a [Order],
    mark: String,
}

fn show(shop: &Shop, (Path(reference), visitor): (Path<String>, Visitor)) -> Answer {
    let (order, others) = &shop.of_page(&reference, &visitor)?;
    shop.hurry([order]);
    let product = shop.database.product(&order.product.slug)?;
    let (twin, mark) = (checkout::twin(others, &order.product, &order.phone), mark([order].into_iter().chain(others)));
    Ok(page(StatusCode::OK, &OneOrder { shop, order, product, twin, others, mark }))
}

fn state(shop: &Shop, (Path(reference), visitor): (Path<String>, Visitor)) -> Answer {
    let (order, others) = &shop.of_page(&reference, &visitor)?;
    Ok(mark([order].into_iter().chain(others)).into_response())
}

/// A word for the state of each order on the page. The script reloads the page when they change.
fn mark<'a>(orders: impl IntoIterator<Item = &'a Order>) -> String {
    orders.into_iter().map(|order| order.state.into()).collect::<Vec<&str>>().join(" ")
}

#[derive(Template)]
#[template(path = "orders.html")]
struct SeveralOrders<'a> {
    shop: &'a Shop,
    orders: &'a [Order],
    mark: String,
}

fn orders(shop: &Shop, visitor: Visitor) -> Answer {
    let orders = &shop.of_visitor(&visitor)?;
    shop.hurry(orders);
    match orders.len() {
        0 => Err(Message::NoOrders),
        _ => Ok(page(StatusCode::OK, &SeveralOrders { shop, orders, mark: mark(orders) })),
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
    let order = orders.iter().find(|order| order.token.is_some()).ok_or(Message::NoOrders)?;
    Ok(Redirect::to(&order.path()).into_response())
}

/// A callback only makes an order due. It is answered at once. If it is lost, the timer finds the payment later.
fn callback(shop: &Shop, body: Bytes) -> Answer {
    Ok(match Callback::parse(&body) {
        Ok(callback) if shop.database.note_callback(&callback)? => "noted".into_response(),
        Ok(_) => (StatusCode::NOT_FOUND, "no order has this token").into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    })
}

/// Browsers keep it for a while.
fn asset(kind: &str, content: &'static str) -> Response {
    let headers = [(header::CACHE_CONTROL, "max-age=300"), (header::CONTENT_TYPE, &format!("{kind}; charset=utf-8"))];
    (headers, content).into_response()
}

impl Shop {
    pub(crate) fn of_visitor(&self, visitor: &Visitor) -> rusqlite::Result<Vec<Order>> {
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
            if let Err(error) = self.database.hurry(token) {
                tracing::warn!("cannot note that a customer waits for order {}: {error}", order.id);
                return;
            }
        }
    }

    pub(crate) fn message(&self, message: &Message) -> Response {
        if let Message::Database(error) | Message::NotOrdered(error) = message {
            tracing::error!("database: {error}");
        }
        let status = message.status();
        let header = match status {
            StatusCode::SERVICE_UNAVAILABLE => Some((header::RETRY_AFTER, "5")),
            StatusCode::UNAUTHORIZED => Some((header::WWW_AUTHENTICATE, r#"Basic realm="marchand", charset="UTF-8""#)),
            _ => None,
        };
        (header.map(|header| [header]), page(status, &OneMessage { shop: self, message })).into_response()
    }
}

#[derive(Template)]
#[template(path = "message.html")]
struct OneMessage<'a> {
    shop: &'a Shop,
    message: &'a Message,
}

/// Why a request has another page than the one it asked for.
#[derive(Debug)]
pub(crate) enum Message {
    NotFound,
    /// The article is gone.
    NotSold,
    Database(rusqlite::Error),
    /// An order was not stored: it has no token, and nobody can have paid for it.
    NotOrdered(rusqlite::Error),
    Unreadable,
    NoOrders,
    Password,
    TooManyGuesses,
    StaleForm,
    ForeignForm,
}

impl Message {
    fn status(&self) -> StatusCode {
        match self {
            Message::NoOrders => StatusCode::OK,
            Message::Unreadable => StatusCode::BAD_REQUEST,
            Message::Password => StatusCode::UNAUTHORIZED,
            Message::StaleForm | Message::ForeignForm => StatusCode::FORBIDDEN,
            Message::NotFound | Message::NotSold => StatusCode::NOT_FOUND,
            Message::TooManyGuesses => StatusCode::TOO_MANY_REQUESTS,
            Message::Database(_) | Message::NotOrdered(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl From<rusqlite::Error> for Message {
    fn from(error: rusqlite::Error) -> Message {
        Message::Database(error)
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
