//! EkoloPay with rouille, whose handlers may block: each runs on a thread of its own.

use std::error::Error;
use std::io::Read;

use ekolopay::callback::Callback;
use ekolopay_frameworks::{Answer, HOME, LONGEST_CALLBACK, Shop, address, come_back_by_form, page};
use rouille::input::cookies;
use rouille::{Request, Response, Server, router};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let shop = Shop::from_env()?;
    let server = Server::new(address(), move |request| respond(route(&shop, request)))?;
    println!("http://{}", server.server_addr());
    server.run();
    Ok(())
}

fn route(shop: &Shop, request: &Request) -> Answer {
    router!(request,
        (GET) ["/"] => { page(200, HOME) },
        (POST) ["/order"] => { shop.order() },
        (POST) ["/callback"] => { callback(shop, request) },
        (GET) ["/payment-status"] => { come_back(shop, request) },
        (POST) ["/payment-status"] => { come_back_by_form() },
        _ => page(404, "")
    )
}

/// rouille's own readers of forms have no limit.
fn callback(shop: &Shop, request: &Request) -> Answer {
    let mut body = Vec::new();
    let data = request.data().map(|data| data.take(LONGEST_CALLBACK as u64 + 1));
    if data.is_none_or(|mut data| data.read_to_end(&mut body).is_err()) || body.len() > LONGEST_CALLBACK {
        return page(413, "too long");
    }
    match Callback::parse(&body) {
        Ok(callback) => shop.callback(&callback),
        // It names the field, never the value.
        Err(invalid) => page(400, &invalid.to_string()),
    }
}

fn come_back(shop: &Shop, request: &Request) -> Answer {
    shop.come_back(cookies(request).find_map(|(name, value)| (name == "order").then_some(value)))
}

fn respond((status, headers, text): Answer) -> Response {
    let response = Response::text(text).with_status_code(status);
    headers.into_iter().fold(response, |response, (name, value)| response.with_unique_header(name, value))
}
