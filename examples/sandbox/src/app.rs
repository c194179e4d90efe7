//! The sandbox's state, and its routes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::http::{Reply, Request};
use crate::payments::{Payments, Settlement};
use crate::settings::Settings;
use crate::trouble::{Kind, Troubles};
use crate::{api, callback, dashboard, html, page};

/// The reply of a gateway out of service, as the documentation prints it.
const UNAVAILABLE: &str = r#"{
    "code" : 0,
    "message" : "Service indisponible",
    "reason" : "UNAVAILABLE_SERVICE"
}"#;

#[derive(Debug)]
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) payments: Payments,
    in_service: AtomicBool,
    troubles: Option<Troubles>,
}

impl App {
    pub(crate) fn new(settings: Settings) -> Self {
        let troubles = settings.trouble.map(Troubles::new);
        Self { settings, payments: Payments::default(), in_service: AtomicBool::new(true), troubles }
    }

    pub(crate) fn in_service(&self) -> bool {
        self.in_service.load(Ordering::SeqCst) && !self.troubles.as_ref().is_some_and(Troubles::outage)
    }

    pub(crate) fn set_in_service(&self, in_service: bool) {
        self.in_service.store(in_service, Ordering::SeqCst);
    }

    /// Settles a pending payment and sends its callback. Returns whether the payment was pending, or `None` for an
    /// unknown token.
    pub(crate) fn settle(&self, token: &str, settlement: Settlement) -> Option<bool> {
        let settled = self.payments.settle(token, settlement);
        if settled == Some(true) {
            callback::send(self, token, settlement);
        }
        settled
    }

    /// The reply; none is a connection to cut.
    pub(crate) fn answer(&self, request: &Request) -> Option<Reply> {
        let segments: Vec<&str> = request.path.split('/').skip(1).collect();
        Some(match segments[..] {
            ["api", "v1", "gateway", "purchase-token"] => return self.call(request, api::purchase_token),
            ["api", "v1", "gateway", "check-payment"] => return self.call(request, api::check_payment),
            ["purchase-product", _] if !self.in_service() => unavailable(),
            ["purchase-product", token] => match request.verb() {
                "GET" => page::show(self, token),
                "POST" => page::submit(self, request, token),
                _ => html::not_allowed("GET, HEAD, POST"),
            },
            [""] => only(request, "GET", || Reply::see_other("/sandbox")),
            ["sandbox"] => only(request, "GET", || dashboard::show(self)),
            ["sandbox", "service"] => only(request, "POST", || dashboard::switch_service(self, request)),
            ["sandbox", "callback", token] => only(request, "POST", || dashboard::send_callback(self, request, token)),
            _ => html::not_found("Cette adresse n’existe pas."),
        })
    }

    fn call(&self, request: &Request, call: fn(&Self, &Request) -> Reply) -> Option<Reply> {
        thread::sleep(self.settings.latency);
        if self.in_service() {
            match self.troubles.as_ref().and_then(Troubles::next) {
                Some(Kind::ErrorPage) => return Some(html::error()),
                Some(Kind::Cut) => return None,
                Some(Kind::Delay(time)) => thread::sleep(time),
                None => {}
            }
        }
        Some(if self.in_service() { only(request, "POST", || call(self, request)) } else { unavailable() })
    }
}

fn only(request: &Request, verb: &str, reply: impl FnOnce() -> Reply) -> Reply {
    match (request.verb() == verb, verb) {
        (true, _) => reply(),
        (false, "GET") => html::not_allowed("GET, HEAD"),
        (false, _) => html::not_allowed(verb),
    }
}

fn unavailable() -> Reply {
    Reply::json(UNAVAILABLE.to_owned())
}
