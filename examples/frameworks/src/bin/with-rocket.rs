//! EkoloPay with rocket. Its forms do not use serde, so the body is taken as bytes and parsed.

use std::error::Error;
use std::io::Cursor;
use std::net::SocketAddr;
use std::sync::Arc;

use ekolopay::callback::Callback;
use ekolopay_frameworks::{Answer, LONGEST_CALLBACK, Shop, address, come_back_by_form, text};
use rocket::data::Limits;
use rocket::fairing::AdHoc;
use rocket::http::{CookieJar, Header, Status};
use rocket::response::{self, Responder};
use rocket::tokio::task::spawn_blocking;
use rocket::{Config, Request, Response, State, get, post, routes};

type Shared = State<Arc<Shop>>;

#[rocket::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listen: SocketAddr = address().parse()?;
    let limits = Limits::new().limit("bytes", LONGEST_CALLBACK.into());
    let config = Config::figment().merge(("address", listen.ip())).merge(("port", listen.port()));
    let announce = AdHoc::on_liftoff("address", |rocket| {
        Box::pin(async { println!("http://{}:{}", rocket.config().address, rocket.config().port) })
    });
    let routes = routes![home, order, callback, come_back, by_form];
    let rocket =
        rocket::custom(config.merge(("limits", limits))).manage(Arc::new(Shop::from_env()?)).mount("/", routes);
    rocket.attach(announce).launch().await?;
    Ok(())
}

#[get("/")]
fn home(shop: &Shared) -> Page {
    Page(shop.home())
}

#[post("/order")]
async fn order(shop: &Shared) -> Result<Page, Status> {
    blocking(shop, Shop::order).await
}

#[post("/callback", data = "<body>")]
async fn callback(shop: &Shared, body: Vec<u8>) -> Result<Page, Status> {
    match Callback::parse(&body) {
        Ok(callback) => blocking(shop, move |shop| shop.callback(&callback)).await,
        // It names the field, never the value.
        Err(invalid) => Ok(Page(text(400, &invalid.to_string()))),
    }
}

#[get("/payment-status")]
async fn come_back(shop: &Shared, cookies: &CookieJar<'_>) -> Result<Page, Status> {
    let cookie = cookies.get("order").map(|cookie| format!("order={}", cookie.value())).unwrap_or_default();
    blocking(shop, move |shop| shop.come_back(cookie.as_bytes())).await
}

#[post("/payment-status")]
fn by_form() -> Page {
    Page(come_back_by_form())
}

/// The shop waits for the gateway, which must not hold up rocket's own threads.
async fn blocking(shop: &Shared, work: impl FnOnce(&Shop) -> Answer + Send + 'static) -> Result<Page, Status> {
    let shop = Arc::clone(shop);
    spawn_blocking(move || work(&shop)).await.map(Page).map_err(|_| Status::InternalServerError)
}

struct Page(Answer);

impl<'r> Responder<'r, 'static> for Page {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let Page((status, headers, text)) = self;
        let mut response = Response::build();
        response.status(Status::new(status)).sized_body(text.len(), Cursor::new(text));
        for (name, value) in headers {
            response.header(Header::new(name, value));
        }
        response.ok()
    }
}
