//! `ekolopay listen`

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, mpsc};

use ekolopay::Gateway;
use ekolopay::callback::Callback;
use ekolopay_serve::http::{Method, StatusCode, Uri, header::CONTENT_TYPE};
use ekolopay_serve::{Request, Response, Server};
use serde_json::{Value, json};
use ureq::Agent;

use crate::printer::{self, Printer};
use crate::{callback, trigger};
use ekolopay_cli::error::CliError;
use ekolopay_cli::exit::Exit;
use ekolopay_cli::gateway::GatewayOptions;
use ekolopay_cli::stop::lock;

struct Listener {
    gateway: Gateway,
    /// The shop's address, and the client for it.
    shop: Option<(Uri, Agent)>,
    /// One callback is printed after the other.
    printer: Mutex<Printer>,
}

pub(crate) fn run(
    options: &GatewayOptions,
    port: u16,
    forward_to: Option<&str>,
    printer: Printer,
) -> Result<Exit, CliError> {
    let shop = forward_to.map(|url| shop(url, port)).transpose()?;
    let shop = shop.map(|uri| (uri, trigger::agent(options.timeout)));
    let listener = Listener { gateway: options.gateway(crate::USER_AGENT)?, shop, printer: Mutex::new(printer) };
    let (failed, failure) = mpsc::channel();
    let answer = move |request: Request| {
        listener.answer(&request).unwrap_or_else(|error| {
            let _ = failed.send(error);
            status(StatusCode::INTERNAL_SERVER_ERROR)
        })
    };
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .and_then(|listener| Server::start(listener, answer))
        .map_err(|source| CliError::Listen { port, source })?;
    let url = format!("http://{}", server.local_addr());
    printer.result(&json!({ "listening": url }), &format!("listening on {url}, until Ctrl-C"))?;
    // Only an output that cannot be written ends it.
    failure.recv().map_or(Ok(Exit::Done), Err)
}

/// Not the address that listens: a callback would go round for ever.
fn shop(url: &str, port: u16) -> Result<Uri, CliError> {
    const RULE: &str = "must be an http or https URL other than this one, such as http://127.0.0.1:8080/callback";
    let here =
        |uri: &Uri| uri.port_u16().unwrap_or(80) == port && matches!(uri.host(), Some("127.0.0.1" | "localhost"));
    let uri = url.parse::<Uri>().ok().filter(|uri| uri.host().is_some() && !here(uri));
    uri.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https"))).ok_or(CliError::input("forward-to", RULE))
}

impl Listener {
    fn answer(&self, request: &Request) -> Result<Response, CliError> {
        let callback = match Callback::parse(request.body()) {
            Ok(callback) if request.method() == Method::POST => callback,
            _ => {
                printer::tell("Answered 400: a request that is not a callback.");
                return Ok(status(StatusCode::BAD_REQUEST));
            }
        };
        let answer = self.gateway.check_payment(callback.purchase_token());
        let forwarded = self.shop.as_ref().map(|(shop, agent)| forward(shop, agent, request));
        let printer = lock(&self.printer);
        printer.words(&callback::words(&callback))?;
        let mut known = callback::json(&callback);
        let answered = match forwarded {
            None => StatusCode::OK,
            Some(Ok(status)) => {
                known["forwarded"] = status.as_u16().into();
                printer.words(&format!("The shop answered: {}", status.as_u16()))?;
                status
            }
            Some(Err(error)) => {
                known["forwarded"] = Value::Null;
                printer::tell(&format!("The shop did not answer: {error}"));
                StatusCode::BAD_GATEWAY
            }
        };
        callback::print_answer(known, &callback, answer, *printer)?;
        Ok(status(answered))
    }
}

/// The same bytes with the same type.
fn forward(shop: &Uri, agent: &Agent, request: &Request) -> Result<StatusCode, ureq::Error> {
    let mut post = agent.post(shop);
    if let Some(content_type) = request.headers().get(CONTENT_TYPE) {
        post = post.header(CONTENT_TYPE, content_type);
    }
    Ok(post.send(request.body())?.status())
}

fn status(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}
