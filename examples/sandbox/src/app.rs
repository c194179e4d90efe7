//! The sandbox's state, and its routes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_serve::http::{Method, StatusCode};
use ekolopay_serve::{Cut, Request, Response};

use crate::limit::Limit;
use crate::payments::{Payment, Payments, Settlement};
use crate::settings::Settings;
use crate::trouble::{Kind, Troubles};
use crate::{api, callback, dashboard, guard, html, journal, page, response};

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
    limit: Option<Limit>,
    troubles: Option<Troubles>,
}

impl App {
    pub(crate) fn new(settings: Settings) -> Self {
        let limit = settings.rate_limit.map(Limit::new);
        let troubles = settings.trouble.map(Troubles::new);
        Self { settings, payments: Payments::default(), in_service: AtomicBool::new(true), limit, troubles }
    }

    pub(crate) fn in_service(&self) -> bool {
        self.in_service.load(Ordering::SeqCst) && !self.troubles.as_ref().is_some_and(Troubles::outage)
    }

    pub(crate) fn set_in_service(&self, in_service: bool) {
        self.in_service.store(in_service, Ordering::SeqCst);
    }

    /// Adds a payment and returns its token.
    pub(crate) fn add(&self, payment: Payment) -> String {
        let late = self.settings.late_known;
        self.payments.add(Payment { late, ..payment }, self.settings.same_token)
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

    /// Answers a request and logs it.
    pub(crate) fn serve(&self, request: &Request) -> Response {
        let started = Instant::now();
        let response = self.answer(request);
        if response.extensions().get::<Cut>().is_none() {
            self.log(request.method().as_str(), request.uri().path(), response.status(), started.elapsed());
        }
        response
    }

    pub(crate) fn log(&self, method: &str, path: &str, status: StatusCode, elapsed: Duration) {
        if let Some(log) = &self.settings.log {
            log(&journal::line(&self.settings.secret_key, method, path, status.as_u16(), elapsed));
        }
    }

    fn answer(&self, request: &Request) -> Response {
        if !guard::is_local(request, self.settings.listen.ip()) {
            return html::misdirected();
        }
        let segments: Vec<&str> = request.uri().path().split('/').skip(1).collect();
        match segments[..] {
            ["api", "v1", "gateway", "purchase-token"] => self.call(request, api::purchase_token),
            ["api", "v1", "gateway", "check-payment"] => self.call(request, api::check_payment),
            _ if request.method() == Method::POST && guard::is_foreign(request) => html::foreign(),
            ["purchase-product", _] if !self.in_service() => response::json(UNAVAILABLE.to_owned()),
            ["purchase-product", token] => match verb(request) {
                "GET" => page::show(self, token),
                "POST" => page::submit(self, request, token),
                _ => html::not_allowed("GET, HEAD, POST"),
            },
            [""] => only(request, "GET", || response::see_other("/sandbox")),
            ["sandbox"] => only(request, "GET", || dashboard::show(self, request)),
            ["sandbox", "service"] => only(request, "POST", || dashboard::switch_service(self, request)),
            ["sandbox", "callback", token] => only(request, "POST", || dashboard::send_callback(self, request, token)),
            _ => html::not_found("Cette adresse n’existe pas."),
        }
    }

    fn call(&self, request: &Request, call: fn(&Self, &Request) -> Response) -> Response {
        if guard::is_cross_site(request) {
            return html::foreign();
        }
        if let Some(limit) = self.limit.as_ref().filter(|limit| !limit.accepts()) {
            return html::too_many(limit.calls);
        }
        thread::sleep(self.settings.latency);
        if self.in_service() {
            match self.troubles.as_ref().and_then(Troubles::next) {
                Some(Kind::ErrorPage) => return html::error(),
                Some(Kind::Cut) => return cut(),
                Some(Kind::Delay(time)) => thread::sleep(time),
                None => {}
            }
        }
        if self.in_service() {
            only(request, "POST", || call(self, request))
        } else {
            response::json(UNAVAILABLE.to_owned())
        }
    }
}

fn only(request: &Request, allowed: &'static str, answer: impl FnOnce() -> Response) -> Response {
    match (verb(request) == allowed, allowed) {
        (true, _) => answer(),
        (false, "GET") => html::not_allowed("GET, HEAD"),
        (false, _) => html::not_allowed(allowed),
    }
}

/// The method, where `HEAD` counts as `GET`.
fn verb(request: &Request) -> &str {
    if request.method() == Method::HEAD { "GET" } else { request.method().as_str() }
}

fn cut() -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(Cut { after: 0 });
    response
}
