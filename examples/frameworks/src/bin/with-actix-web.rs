//! EkoloPay with actix-web: its `Form` reads a `Callback` by serde_urlencoded, and keeps all rules.

use std::error::Error;

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, FormConfig, block, get, post, resource};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use ekolopay::callback::Callback;
use ekolopay_frameworks::{Answer, HOME, LONGEST_CALLBACK, Shop, address, come_back_by_form, page};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let shop = Data::new(Shop::from_env()?);
    let app = move || {
        let status = resource("/payment-status").route(get().to(come_back));
        App::new()
            .app_data(shop.clone())
            .app_data(FormConfig::default().limit(LONGEST_CALLBACK))
            .route("/", get().to(async || respond(page(200, HOME))))
            .route("/order", post().to(async |shop: Data<Shop>| blocking(move || shop.order()).await))
            .route("/callback", post().to(callback))
            .service(status.route(post().to(async || respond(come_back_by_form()))))
    };
    let server = HttpServer::new(app).bind(address())?;
    for address in server.addrs() {
        println!("http://{address}");
    }
    server.run().await?;
    Ok(())
}

async fn callback(shop: Data<Shop>, Form(callback): Form<Callback>) -> HttpResponse {
    blocking(move || shop.callback(&callback)).await
}

async fn come_back(shop: Data<Shop>, request: HttpRequest) -> HttpResponse {
    let cookie = request.cookie("order");
    blocking(move || shop.come_back(cookie.as_ref().map(Cookie::value))).await
}

/// The shop waits for the gateway, which must not hold up actix-web's own threads.
async fn blocking(work: impl FnOnce() -> Answer + Send + 'static) -> HttpResponse {
    respond(block(work).await.unwrap_or_else(|_| page(500, "")))
}

fn respond((status, headers, text): Answer) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    for header in headers {
        response.insert_header(header);
    }
    response.body(text)
}
