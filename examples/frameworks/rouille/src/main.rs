//! EkoloPay with rouille, whose handlers may block: each runs on a thread of its own.

use std::error::Error;
use std::io::{self, Read};

use ekolopay::Gateway;
use ekolopay::callback::Callback;
use ekolopay_with_shop::{Answer, LONGEST_CALLBACK, Shop, address, come_back_by_form, reference};
use rouille::{Request, Response, Server, router};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let shop = Shop::new(Gateway::from_env()?);
    let server = Server::new(address(), move |request| route(&shop, request))?;
    println!("http://{}", server.server_addr());
    server.run();
    Ok(())
}

fn route(shop: &Shop, request: &Request) -> Response {
    router!(request,
        (GET) ["/"] => { respond(shop.home()) },
        (POST) ["/order"] => { respond(shop.order()) },
        (POST) ["/callback"] => { callback(shop, request) },
        (GET) ["/payment-status"] => { come_back(shop, request) },
        (POST) ["/payment-status"] => { respond(come_back_by_form()) },
        _ => Response::empty_404()
    )
}

/// rouille's own readers of forms have no limit.
fn callback(shop: &Shop, request: &Request) -> Response {
    match read(request) {
        Ok(body) if body.len() > LONGEST_CALLBACK => Response::text("too long").with_status_code(413),
        Ok(body) => respond(Callback::parse(&body).map_or_else(Answer::from, |callback| shop.callback(&callback))),
        Err(error) => Response::text(error.to_string()).with_status_code(400),
    }
}

/// One byte more than the limit, at most.
fn read(request: &Request) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if let Some(data) = request.data() {
        data.take(LONGEST_CALLBACK as u64 + 1).read_to_end(&mut body)?;
    }
    Ok(body)
}

fn come_back(shop: &Shop, request: &Request) -> Response {
    let reference = request.header("Cookie").and_then(|cookies| reference(cookies.as_bytes()));
    respond(shop.come_back(reference.as_deref()))
}

fn respond(answer: Answer) -> Response {
    let mut response = Response::text(answer.text).with_status_code(answer.status);
    for (name, value) in answer.headers {
        response = response.with_unique_header(name, value);
    }
    response
}
