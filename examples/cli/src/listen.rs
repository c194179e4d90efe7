//! `ekolopay listen`

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use std::{process, thread};

use anyhow::{Context, Result, anyhow};
use ekolopay::Gateway;
use humantime::format_rfc3339_seconds;
use serde_json::json;
use tiny_http::{Method, Request, Response, Server};
use ureq::Agent;
use ureq::http::Uri;

use crate::exit::Exit;
use crate::gateway::GatewayOptions;
use crate::printer::{Printer, tell};
use crate::stop::lock;
use crate::{callback, trigger};

struct Listener {
    gateway: Gateway,
    /// The shop's address, and the client for it.
    shop: Option<(Uri, Agent)>,
    /// One callback is printed after the other.
    printer: Mutex<Printer>,
}

pub(crate) fn run(options: &GatewayOptions, port: u16, forward_to: Option<&str>, printer: Printer) -> Result<Exit> {
    let shop = forward_to.map(|url| anyhow::Ok((shop(url, port)?, trigger::agent(options)?))).transpose()?;
    let listener = Arc::new(Listener { gateway: options.gateway()?, shop, printer: Mutex::new(printer) });
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let socket = socket.with_context(|| format!("cannot listen on port {port}"))?;
    let url = format!("http://{}", socket.local_addr()?);
    let server = Server::from_listener(socket, None).map_err(|error| anyhow!("cannot listen: {error}"))?;
    printer.result(&json!({ "listening": url }), &format!("listening on {url}, until Ctrl-C"))?;
    for request in server.incoming_requests() {
        let listener = Arc::clone(&listener);
        // Without a thread, the gateway gets no answer, and sends the callback again or does not.
        let _ = thread::Builder::new().spawn(move || {
            if let Err(error) = listener.answer(request) {
                // The output cannot be written.
                process::exit(printer.error(json!({}), "", &error).unwrap_or(Exit::Local).code().into());
            }
        });
    }
    Ok(Exit::Done)
}

/// Not the address that listens: a callback would go round for ever.
fn shop(url: &str, port: u16) -> Result<Uri> {
    let is_here = |uri: &Uri| uri.port_u16() == Some(port) && matches!(uri.host(), Some("127.0.0.1" | "localhost"));
    let is_shop = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https")) && !is_here(uri);
    url.parse()
        .ok()
        .filter(is_shop)
        .context("forward-to must be an http or https URL other than this one, such as http://127.0.0.1:8080/callback")
}

impl Listener {
    fn answer(&self, mut request: Request) -> Result<()> {
        let time = format_rfc3339_seconds(SystemTime::now()).to_string();
        let mut body = Vec::new();
        let read = request.as_reader().take(callback::MAX_BODY).read_to_end(&mut body);
        let callback = match (read, request.method()) {
            (Err(error), _) => Err(format!("its body could not be read: {error}")),
            (_, Method::Post) => callback::parse(&body).map_err(|invalid| invalid.to_string()),
            (_, method) => Err(format!("it is a {method}, not a POST")),
        };
        let callback = match callback {
            Ok(callback) => callback,
            Err(why) => {
                let _printer = lock(&self.printer);
                tell(&format!("\n{time} Answered 400, this is not a callback: {why}"));
                let _ = request.respond(Response::from_string(format!("{why}\n")).with_status_code(400));
                return Ok(());
            }
        };
        // The shop's answer goes out at once: neither it nor the gateway waits for the check.
        let forwarded = self.shop.as_ref().map(|shop| (&shop.0, forward(shop, &request, &body)));
        let mut known = callback::json(&callback);
        known["time"] = time.clone().into();
        let (status, words) = match forwarded {
            None => (200, String::new()),
            Some((_, Ok(status))) => (status, format!("\nThe shop answered: {status}")),
            Some((shop, Err(error))) => {
                // Neither a password nor a query, which may hold a key.
                let host = shop.authority().and_then(|authority| authority.as_str().rsplit('@').next());
                (502, format!("\nThe shop did not answer: {}{}: {error}", host.unwrap_or_default(), shop.path()))
            }
        };
        if self.shop.is_some() {
            known["forwarded"] = status.into();
        }
        let _ = request.respond(Response::empty(status));
        lock(&self.printer).words(&format!("\n{time} {}{words}", callback::words(&callback)))?;
        let answer = self.gateway.check_payment(callback.purchase_token());
        let printer = lock(&self.printer);
        printer.words(&format!("\nChecked {}", callback.purchase_token()))?;
        callback::print_answer(known, &callback, answer, *printer).map(drop)
    }
}

/// The same bytes with the same type. Returns the status of the answer.
fn forward((shop, agent): &(Uri, Agent), request: &Request, body: &[u8]) -> Result<u16, ureq::Error> {
    let mut post = agent.post(shop);
    if let Some(content_type) = request.headers().iter().find(|header| header.field.equiv("Content-Type")) {
        post = post.header("Content-Type", content_type.value.as_str());
    }
    Ok(post.send(body)?.status().as_u16())
}
