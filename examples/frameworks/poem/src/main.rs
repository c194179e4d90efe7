//! EkoloPay with poem. Its `Form` keeps all rules of a `Callback`, but reads bodies of any length, and `SizeLimit` refuses
//! those without `Content-Length`. So the body is read with a limit, and parsed.

use std::error::Error;
use std::sync::Arc;

use ekolopay::Gateway;
use ekolopay::callback::Callback;
use ekolopay_with_shop::{Answer, LONGEST_CALLBACK, Shop, address, come_back_by_form, reference};
use poem::http::header::COOKIE;
use poem::http::{HeaderMap, StatusCode};
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::web::Data;
use poem::{Body, EndpointExt, IntoResponse, Response, Route, Server, get, handler, post};
use tokio::task::spawn_blocking;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let shop = Arc::new(Shop::new(Gateway::from_env()?));
    let app = Route::new()
        .at("/", get(home))
        .at("/order", post(order))
        .at("/callback", post(callback))
        .at("/payment-status", get(come_back).post(by_form))
        .data(shop);
    let acceptor = TcpListener::bind(address()).into_acceptor().await?;
    for address in acceptor.local_addr().iter().filter_map(|address| address.as_socket_addr()) {
        println!("http://{address}");
    }
    Server::new_with_acceptor(acceptor).run(app).await?;
    Ok(())
}

#[handler]
fn home(Data(shop): Data<&Arc<Shop>>) -> Response {
    respond(shop.home())
}

#[handler]
async fn order(Data(shop): Data<&Arc<Shop>>) -> Response {
    let shop = Arc::clone(shop);
    blocking(move || shop.order()).await
}

#[handler]
async fn callback(Data(shop): Data<&Arc<Shop>>, body: Body) -> poem::Result<Response> {
    let body = body.into_bytes_limit(LONGEST_CALLBACK).await?;
    let shop = Arc::clone(shop);
    let answer = move || Callback::parse(&body).map_or_else(Answer::from, |callback| shop.callback(&callback));
    Ok(blocking(answer).await)
}

#[handler]
async fn come_back(Data(shop): Data<&Arc<Shop>>, headers: &HeaderMap) -> Response {
    let reference = headers.get(COOKIE).and_then(|cookies| reference(cookies.as_bytes()));
    let shop = Arc::clone(shop);
    blocking(move || shop.come_back(reference.as_deref())).await
}

#[handler]
fn by_form() -> Response {
    respond(come_back_by_form())
}

/// The shop waits for the gateway, which must not hold up poem's own threads.
async fn blocking(work: impl FnOnce() -> Answer + Send + 'static) -> Response {
    spawn_blocking(work).await.map_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response(), respond)
}

fn respond(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::builder().status(status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(answer.text)
}
