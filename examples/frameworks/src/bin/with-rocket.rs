//! EkoloPay with rocket. Its forms do not use serde, so the body is taken as bytes, of which it reads 8 KiB at most.

use std::io::Cursor;
use std::sync::Arc;

use ekolopay::callback::Callback;
use ekolopay_frameworks::{Answer, HOME, Shop, address, come_back_by_form, page};
use rocket::http::{CookieJar, Status};
use rocket::response::{self, Responder};
use rocket::tokio::task::spawn_blocking;
use rocket::{Config, Request, Response, State, get, post, routes};

#[rocket::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen: std::net::SocketAddr = address().parse()?;
    let config = Config { address: listen.ip(), port: listen.port(), ..Config::default() };
    let (shop, routes) = (Arc::new(Shop::from_env()?), routes![home, order, callback, come_back, by_form]);
    rocket::custom(config).manage(shop).mount("/", routes).launch().await?;
    Ok(())
}

#[get("/")]
fn home() -> Page {
    Page(page(200, HOME))
}

#[post("/order")]
async fn order(shop: &State<Arc<Shop>>) -> Page {
    blocking(shop, Shop::order).await
}

#[post("/callback", data = "<body>")]
async fn callback(shop: &State<Arc<Shop>>, body: Vec<u8>) -> Page {
    match Callback::parse(&body) {
        Ok(callback) => blocking(shop, move |shop| shop.callback(&callback)).await,
        // It names the field, never the value.
        Err(invalid) => Page(page(400, &invalid.to_string())),
    }
}

#[get("/payment-status")]
async fn come_back(shop: &State<Arc<Shop>>, cookies: &CookieJar<'_>) -> Page {
    let cookie = cookies.get("order").map(|cookie| cookie.value().to_owned());
    blocking(shop, move |shop| shop.come_back(cookie.as_deref())).await
}

#[post("/payment-status")]
fn by_form() -> Page {
    Page(come_back_by_form())
}

/// The shop waits for the gateway, which must not hold up rocket's own threads.
async fn blocking(shop: &State<Arc<Shop>>, work: impl FnOnce(&Shop) -> Answer + Send + 'static) -> Page {
    let shop = Arc::clone(shop);
    Page(spawn_blocking(move || work(&shop)).await.unwrap_or_else(|_| page(500, "")))
}

struct Page(Answer);

impl<'r> Responder<'r, 'static> for Page {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let Page((status, headers, text)) = self;
        let mut response = Response::build();
        response.status(Status::new(status)).sized_body(text.len(), Cursor::new(text));
        for (name, value) in headers {
            response.raw_header(name, value);
        }
        response.ok()
    }
}
