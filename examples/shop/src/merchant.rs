//! The merchant's pages: who may see them, what needs attention, and what was delivered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequestParts, Path, RawQuery};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum_extra::TypedHeader;
use axum_extra::headers::Authorization;
use axum_extra::headers::authorization::Basic;
use rusqlite::params;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::listing::{Form, Query};
use crate::pages::{Answer, Shop, Visitor, page, read, see_other};
use crate::views::{AllOrders, MerchantOrder, Message};

/// Before a wrong password is answered.
const DELAY: Duration = Duration::from_secs(1);
/// Wrong passwords that wait for their answer at the same time; more are refused at once.
static GUESSES: Semaphore = Semaphore::const_new(4);
/// Of what anyone can send, in characters.
const LONGEST_LOGGED: usize = 64;

pub(crate) struct Merchant {
    /// With any user name.
    pub(crate) password: String,
    /// Is part of every form of the page, so that a page of another site cannot send one.
    pub(crate) form_key: String,
}

/// The merchant, who has given the password. A wrong one is logged, and answered late.
pub(crate) struct Allowed;

impl FromRequestParts<Arc<Shop>> for Allowed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> std::result::Result<Allowed, Response> {
        let given = TypedHeader::<Authorization<Basic>>::from_request_parts(parts, &()).await.ok();
        let password = given.as_ref().map_or("", |given| given.password());
        if bool::from(password.as_bytes().ct_eq(shop.merchant.password.as_bytes())) {
            return Ok(Allowed);
        }
        if given.is_some() {
            let Ok(_place) = GUESSES.try_acquire() else { return Err(shop.message(&Message::TooManyGuesses)) };
            let peer =
                parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or("?".to_owned(), |peer| peer.0.to_string());
            let forwarded = parts.headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
            let forwarded: String = forwarded.unwrap_or("no proxy").chars().take(LONGEST_LOGGED).collect();
            tracing::warn!("a wrong password for /marchand from {peer}, for {forwarded}");
            tokio::time::sleep(DELAY).await;
        }
        Err(shop.message(&Message::Password))
    }
}

pub(crate) fn list(shop: &Shop, (_, RawQuery(back)): (Allowed, RawQuery)) -> Answer {
    let back = &back.unwrap_or_default();
    let Ok(query) = serde_html_form::from_str::<Query>(back) else { return Ok(see_other("/marchand")) };
    let found = &shop.database.find(&query)?;
    let older = found.next.map(|next| serde_html_form::to_string(Query { avant: Some(next), ..query.clone() }));
    let mut alerts = shop.database.alerts()?;
    alerts.gateway.clone_from(&shop.payments.problem.lock());
    alerts.database_fails = shop.payments.database_fails.load(Ordering::SeqCst);
    let listing = AllOrders {
        shop: &shop.settings,
        counters: &shop.database.counters()?,
        found,
        older: older.and_then(|query| Some(format!("/marchand?{}", query.ok()?))),
        query: &query,
        alerts: &alerts,
        form_key: &shop.merchant.form_key,
        back,
    };
    Ok(page(StatusCode::OK, &listing))
}

/// One order with its history.
pub(crate) fn show(shop: &Shop, (_, Path(id)): (Allowed, Path<i64>)) -> Answer {
    let order = &shop.database.by_number(id)?.ok_or(Message::NotFound)?;
    let sql = "SELECT * FROM shown WHERE (id = ?1 OR first = ?1) AND id <> ?2 ORDER BY id";
    let others = &shop.database.list(sql, params![order.first, id])?;
    let (settings, form_key) = (&shop.settings, &*shop.merchant.form_key);
    Ok(page(StatusCode::OK, &MerchantOrder { shop: settings, order, others, form_key }))
}

pub(crate) fn change(shop: &Shop, (_, _, body): (Allowed, Visitor, Bytes)) -> Answer {
    let form: Form = read(&body)?;
    // Another page than the shop's own does not know it.
    (form.key == shop.merchant.form_key).then_some(()).ok_or(Message::StaleForm)?;
    shop.database.change(&form)?;
    let back: String = form.back.chars().filter(char::is_ascii_graphic).filter(|c| *c != '#').collect();
    Ok(see_other(&match form.at {
        Some(at) => format!("/marchand?{back}#n{at}"),
        None if form.order == 0 => "/marchand".to_owned(),
        None => format!("/marchand/commandes/{}", form.order),
    }))
}

/// The orders that are open or not delivered, for `ekolopay reconcile`.
pub(crate) fn export(shop: &Shop, _: Allowed) -> Answer {
    let sql = r#"SELECT id || ',"' || replace(token, '"', '""') || '",' || amount || ',' ||
                        strftime('%Y-%m-%d', ordered_at / 1000, 'unixepoch', '+1 hour') || char(10)
                 FROM orders LEFT JOIN payments ON order_id = id
                 WHERE due IS NOT NULL OR (paid_at IS NOT NULL AND delivered_at IS NULL AND refunded_at IS NULL)"#;
    let lines: Vec<String> =
        shop.database.read(|connection| connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect())?;
    let file =
        [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"commandes.csv\"")];
    Ok((file, format!("order,token,amount,date\n{}", lines.concat())).into_response())
}
