//! The gateway's state, and its routes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::http::header::{ALLOW, CONTENT_TYPE, HOST, RETRY_AFTER};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use futures_util::{future, stream};
use percent_encoding::percent_decode_str;
use tokio::sync::Semaphore;

use crate::builder::SandboxBuilder;
use crate::form::HIDDEN;
use crate::payments::{Payment, Payments, Settlement};
use crate::server::Request;
use crate::trouble::{Kind, Limit, Troubles};
use crate::{api, callback, control, dashboard, guard, html, page};

/// The reply of a gateway out of service, as the documentation prints it.
const UNAVAILABLE: &str = r#"{
    "code" : 0,
    "message" : "Service indisponible",
    "reason" : "UNAVAILABLE_SERVICE"
}"#;

/// How many requests are handled at once, and how many callbacks are sent that no request waits for. The runtime has more
/// threads, so each finds one.
const MAX_REQUESTS: usize = 256;
const MAX_SENDERS: usize = 64;

/// What the log says of a response, in place of its status.
#[derive(Clone)]
pub(crate) struct Said(pub(crate) String);

pub(crate) struct App {
    pub(crate) settings: SandboxBuilder,
    pub(crate) payments: Payments,
    pub(crate) senders: Semaphore,
    places: Semaphore,
    in_service: AtomicBool,
    limit: Option<Limit>,
    troubles: Troubles,
}

impl App {
    pub(crate) fn new(settings: SandboxBuilder) -> Self {
        Self {
            payments: Payments::default(),
            senders: Semaphore::new(MAX_SENDERS),
            places: Semaphore::new(MAX_REQUESTS),
            in_service: AtomicBool::new(true),
            limit: settings.rate_limit.map(Limit::new),
            troubles: Troubles::new(settings.trouble),
            settings,
        }
    }

    pub(crate) fn in_service(&self) -> bool {
        self.in_service.load(Ordering::SeqCst) && !self.troubles.outage()
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
        let settled = self.payments.settle(token, settlement, false);
        if settled == Some(true) {
            callback::announce(self, token, settlement, settlement.words().status);
        }
        settled
    }

    pub(crate) fn serve(self: &Arc<Self>, request: &Request) -> Response {
        let started = Instant::now();
        let mut response = match self.places.try_acquire() {
            Ok(_place) => self.answer(request),
            Err(_) => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")]).into_response(),
        };
        let said = response.extensions_mut().remove().map(|Said(said)| said);
        let said = said.unwrap_or_else(|| response.status().as_u16().to_string());
        self.log(request.method().as_str(), request.uri().path(), &said, started.elapsed());
        response
    }

    pub(crate) fn log(&self, method: &str, path: &str, said: &str, elapsed: Duration) {
        (self.settings.log)(&line(&self.settings.secret_key, method, path, said, elapsed));
    }

    fn answer(self: &Arc<Self>, request: &Request) -> Response {
        let segments: Vec<&str> = request.uri().path().split('/').skip(1).collect();
        let json = segments.starts_with(&["sandbox", "api"]);
        // `HEAD` is answered as `GET`, without the body.
        let method = if request.method() == Method::HEAD { "GET" } else { request.method().as_str() };
        if !guard::is_local(request, &self.settings) {
            let host = request.headers().get(HOST).map(|host| String::from_utf8_lossy(host.as_bytes()));
            let said = Said(format!("421 Host: {}", host.unwrap_or_default()));
            return (Extension(said), guard::refuse(StatusCode::MISDIRECTED_REQUEST, json)).into_response();
        }
        match (method, &segments[..]) {
            (_, ["api", "v1", "gateway", call @ ("purchase-token" | "check-payment")]) => self.call(request, call),
            (method, _) if method != "GET" && guard::is_foreign(request) => guard::refuse(StatusCode::FORBIDDEN, json),
            (method, ["sandbox", "api", path @ ..]) => control::answer(self, request, method, path),
            (_, ["purchase-product", _]) if !self.in_service() => self.unavailable(),
            ("GET", ["purchase-product", token]) => page::show(self, token),
            ("POST", ["purchase-product", token]) => page::submit(self, request, token),
            ("GET", [""]) => Redirect::to("/sandbox").into_response(),
            ("GET", ["sandbox"]) => dashboard::show(self),
            _ => html::not_found(NO_ADDRESS),
        }
    }

    fn call(self: &Arc<Self>, request: &Request, call: &str) -> Response {
        if guard::is_cross_site(request) {
            return guard::refuse(StatusCode::FORBIDDEN, false);
        }
        if self.limit.as_ref().is_some_and(|limit| !limit.accepts()) {
            return (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "1")]).into_response();
        }
        thread::sleep(self.settings.latency);
        if self.in_service() {
            match self.troubles.next() {
                Some(Kind::ErrorPage) => return html::error(),
                Some(Kind::Cut) => return cut(),
                Some(Kind::Delay(time)) => thread::sleep(time),
                None => {}
            }
        }
        if !self.in_service() {
            return self.unavailable();
        }
        if request.method() != Method::POST {
            return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "POST")]).into_response();
        }
        if call == "purchase-token" { api::purchase_token(self, request) } else { api::check_payment(self, request) }
    }

    fn unavailable(&self) -> Response {
        let status = if self.settings.plain_errors { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
        let said = Extension(Said("refused: Service indisponible".to_owned()));
        (status, said, [(CONTENT_TYPE, "application/json")], UNAVAILABLE).into_response()
    }
}

pub(crate) const NO_ADDRESS: &str = "Cette adresse n’existe pas, ou pas pour cette méthode.";

/// The connection is closed in place of an answer.
fn cut() -> Response {
    let error = Err::<Bytes, _>(io::Error::other("cut on purpose"));
    let body = Body::from_stream(stream::once(future::ready(error)));
    (Extension(Said("cut on purpose".to_owned())), body).into_response()
}

const LONGEST: usize = 200;

/// `POST /api/v1/gateway/check-payment refused: purchaseToken inconnu. (0 ms)`
fn line(secret: &str, method: &str, path: &str, said: &str, elapsed: Duration) -> String {
    let [method, path, said] = [method, path, said].map(|text| printable(&hide(secret, text)));
    format!("{method} {path} {said} ({} ms)", elapsed.as_millis())
}

/// Replaces the secret, also when it is percent-encoded. A text without the secret is returned unchanged.
pub(crate) fn hide(secret: &str, text: &str) -> String {
    let plain = percent_decode_str(text).decode_utf8_lossy();
    if plain.contains(secret) { plain.replace(secret, HIDDEN) } else { text.to_owned() }
}

fn printable(text: &str) -> String {
    text.chars().take(LONGEST).map(|character| if character.is_control() { '?' } else { character }).collect()
}
