//! EkoloPay with actix-web: its `Form` reads a `Callback` by serde_urlencoded, and keeps all rules.

use std::error::Error;

use actix_web::http::StatusCode;
use actix_web::http::header::COOKIE;
use actix_web::web::{Data, Form, FormConfig, block, get, post, resource};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use ekolopay::Gateway;
use ekolopay::callback::Callback;
use ekolopay_with_shop::{Answer, LONGEST_CALLBACK, Shop, address, come_back_by_form, reference};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let shop = Data::new(Shop::new(Gateway::from_env()?));
    let app = move || {
        App::new()
            .app_data(shop.clone())
            .app_data(FormConfig::default().limit(LONGEST_CALLBACK))
            .route("/", get().to(async |shop: Data<Shop>| respond(shop.home())))
            .route("/order", post().to(order))
            .route("/callback", post().to(callback))
            .service(
                resource("/payment-status")
                    .route(get().to(come_back))
                    .route(post().to(async || respond(come_back_by_form()))),
            )
    };
    let server = HttpServer::new(app).bind(address())?;
    for address in server.addrs() {
        println!("http://{address}");
    }
    server.run().await?;
    Ok(())
}

async fn order(shop: Data<Shop>) -> HttpResponse {
    blocking(move || shop.order()).await
}

async fn callback(shop: Data<Shop>, Form(callback): Form<Callback>) -> HttpResponse {
    blocking(move || shop.callback(&callback)).await
}

async fn come_back(shop: Data<Shop>, request: HttpRequest) -> HttpResponse {
    let reference = request.headers().get(COOKIE).and_then(|cookies| reference(cookies.as_bytes()));
    blocking(move || shop.come_back(reference.as_deref())).await
}

/// The shop waits for the gateway, which must not hold up actix-web's own threads.
async fn blocking(work: impl FnOnce() -> Answer + Send + 'static) -> HttpResponse {
    block(work).await.map_or_else(|_| HttpResponse::InternalServerError().finish(), respond)
}

fn respond(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for header in answer.headers {
        response.insert_header(header);
    }
    response.body(answer.text)
}
