//! EkoloPay with axum: its `Form` reads a `Callback` by serde_urlencoded, and keeps all rules.

use std::error::Error;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use ekolopay::callback::Callback;
use ekolopay_frameworks::{Answer, HOME, LONGEST_CALLBACK, Shop, address, come_back_by_form, page};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let shop = Arc::new(Shop::from_env()?);
    let app = Router::new()
        .route("/", get(async || respond(page(200, HOME))))
        .route("/order", post(async |State(shop): State<Arc<Shop>>| blocking(move || shop.order()).await))
        .route("/callback", post(callback).layer(DefaultBodyLimit::max(LONGEST_CALLBACK)))
        .route("/payment-status", get(come_back).post(async || respond(come_back_by_form())))
        .with_state(shop);
    let listener = TcpListener::bind(address()).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

async fn callback(State(shop): State<Arc<Shop>>, Form(callback): Form<Callback>) -> Response {
    blocking(move || shop.callback(&callback)).await
}

async fn come_back(State(shop): State<Arc<Shop>>, cookies: CookieJar) -> Response {
    blocking(move || shop.come_back(cookies.get("order").map(Cookie::value))).await
}

/// The shop waits for the gateway, which must not hold up axum's own threads.
async fn blocking(work: impl FnOnce() -> Answer + Send + 'static) -> Response {
    respond(spawn_blocking(work).await.unwrap_or_else(|_| page(500, "")))
}

fn respond((status, headers, text): Answer) -> Response {
    let response = Response::builder().status(status);
    let response = headers.into_iter().fold(response, |response, (name, value)| response.header(name, value));
    response.body(Body::from(text)).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
