//! EkoloPay with axum: its `Form` reads a `Callback` by serde_urlencoded, and keeps all rules.

use std::error::Error;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use ekolopay::Gateway;
use ekolopay::callback::Callback;
use ekolopay_with_shop::{Answer, LONGEST_CALLBACK, Shop, address, come_back_by_form, reference};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let shop = Arc::new(Shop::new(Gateway::from_env()?));
    let app = Router::new()
        .route("/", get(async |State(shop): State<Arc<Shop>>| respond(shop.home())))
        .route("/order", post(order))
        .route("/callback", post(callback).layer(DefaultBodyLimit::max(LONGEST_CALLBACK)))
        .route("/payment-status", get(come_back).post(async || respond(come_back_by_form())))
        .with_state(shop);
    let listener = TcpListener::bind(address()).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

async fn order(State(shop): State<Arc<Shop>>) -> Response {
    blocking(move || shop.order()).await
}

async fn callback(State(shop): State<Arc<Shop>>, Form(callback): Form<Callback>) -> Response {
    blocking(move || shop.callback(&callback)).await
}

async fn come_back(State(shop): State<Arc<Shop>>, headers: HeaderMap) -> Response {
    let reference = headers.get(COOKIE).and_then(|cookies| reference(cookies.as_bytes()));
    blocking(move || shop.come_back(reference.as_deref())).await
}

/// The shop waits for the gateway, which must not hold up axum's own threads.
async fn blocking(work: impl FnOnce() -> Answer + Send + 'static) -> Response {
    spawn_blocking(work).await.map_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response(), respond)
}

fn respond(answer: Answer) -> Response {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.text)).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
