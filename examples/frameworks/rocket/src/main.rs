//! EkoloPay with rocket. Its forms do not use serde, so the body is taken as bytes and parsed.

use std::error::Error;
use std::io::Cursor;
use std::net::SocketAddr;
use std::sync::Arc;

use ekolopay::Gateway;
use ekolopay::callback::Callback;
use ekolopay_with_shop::{Answer, COOKIE, LONGEST_CALLBACK, Shop, address, come_back_by_form};
use rocket::data::Limits;
use rocket::fairing::AdHoc;
use rocket::http::{CookieJar, Header, Status};
use rocket::response::{self, Responder};
use rocket::tokio::task::spawn_blocking;
use rocket::{Config, Request, Response, State, get, post, routes};

type Shared = State<Arc<Shop>>;

#[rocket::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let shop = Arc::new(Shop::new(Gateway::from_env()?));
    let listen: SocketAddr = address().parse()?;
    let config = Config::figment()
        .merge(("address", listen.ip()))
        .merge(("port", listen.port()))
        .merge(("limits", Limits::new().limit("bytes", LONGEST_CALLBACK.into())));
    let announce = AdHoc::on_liftoff("address", |rocket| {
        Box::pin(async { println!("http://{}:{}", rocket.config().address, rocket.config().port) })
    });
    let routes = routes![home, order, callback, come_back, by_form];
    rocket::custom(config).manage(shop).mount("/", routes).attach(announce).launch().await?;
    Ok(())
}

#[get("/")]
fn home(shop: &Shared) -> Page {
    Page(shop.home())
}

#[post("/order")]
async fn order(shop: &Shared) -> Result<Page, Status> {
    let shop = Arc::clone(shop);
    blocking(move || shop.order()).await
}

#[post("/callback", data = "<body>")]
async fn callback(shop: &Shared, body: Vec<u8>) -> Result<Page, Status> {
    let shop = Arc::clone(shop);
    blocking(move || Callback::parse(&body).map_or_else(Answer::from, |callback| shop.callback(&callback))).await
}

#[get("/payment-status")]
async fn come_back(shop: &Shared, cookies: &CookieJar<'_>) -> Result<Page, Status> {
    let reference = cookies.get(COOKIE).map(|cookie| cookie.value().to_owned());
    let shop = Arc::clone(shop);
    blocking(move || shop.come_back(reference.as_deref())).await
}

#[post("/payment-status")]
fn by_form() -> Page {
    Page(come_back_by_form())
}

/// The shop waits for the gateway, which must not hold up rocket's own threads. A route that is not `async` runs on them too.
async fn blocking(work: impl FnOnce() -> Answer + Send + 'static) -> Result<Page, Status> {
    spawn_blocking(work).await.map(Page).map_err(|_| Status::InternalServerError)
}

struct Page(Answer);

impl<'r> Responder<'r, 'static> for Page {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let Page(answer) = self;
        let mut response = Response::build();
        response.status(Status::new(answer.status)).sized_body(answer.text.len(), Cursor::new(answer.text));
        for (name, value) in answer.headers {
            response.header(Header::new(name, value));
        }
        response.ok()
    }
}
