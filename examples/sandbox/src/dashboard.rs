//! The page for the shop's developer: the payments, their callbacks, and the switch for the service.

use std::time::SystemTime;

use ekolopay_serve::http::{HeaderName, HeaderValue, StatusCode, header};
use ekolopay_serve::{Request, Response};
use maud::{Markup, html};

use crate::app::App;
use crate::form::Form;
use crate::payments::{Notification, Payment, PaymentState, Settlement};
use crate::response::see_other;
use crate::{callback, html as pages};

const HOME: &str = "/sandbox";

pub(crate) fn show(app: &App) -> Response {
    let callback_url = app.settings.callback_url.as_deref();
    let payments = app.payments.all();
    let content = html! {
        h1 { "Passerelle EkoloPay locale" }
        (service(app.in_service()))
        section.card {
            h2 { "Boutique" }
            dl.wide {
                dt { "api_client" }
                dd { (app.settings.api_client) }
                dt { "Callback" }
                dd { (callback_url.unwrap_or("aucun")) }
                dt { "Redirection" }
                dd { (app.settings.redirect_url.as_deref().unwrap_or("aucune")) }
            }
        }
        h2 { "Paiements" }
        @if payments.is_empty() {
            p.muted { "Aucun token d’achat n’a été demandé." }
        }
        @for payment in payments.iter().rev() {
            (card(payment, callback_url.is_some()))
        }
    };
    // With `no-referrer`, Chromium sends these forms with `Origin: null`.
    pages::page(StatusCode::OK, "Passerelle locale", &content, "same-origin")
}

pub(crate) fn switch_service(app: &App, request: &Request) -> Response {
    if foreign(request) {
        return forbidden();
    }
    let form = Form::of(request);
    match form.as_ref().and_then(|form| form.get("in_service")) {
        Some("true") => app.set_in_service(true),
        Some("false") => app.set_in_service(false),
        _ => {
            return pages::message(
                StatusCode::BAD_REQUEST,
                "Demande incomplète",
                "Il manque «\u{a0}in_service\u{a0}».",
            );
        }
    }
    see_other(HOME)
}

pub(crate) fn send_callback(app: &App, request: &Request, token: &str) -> Response {
    if foreign(request) {
        return forbidden();
    }
    let Some(payment) = app.payments.get(token) else {
        return pages::not_found("Ce paiement n’existe pas, ou n’existe plus.");
    };
    match payment.state {
        PaymentState::Settled(settlement) if app.settings.callback_url.is_some() => {
            callback::send(app, token, settlement);
            see_other(HOME)
        }
        _ => pages::message(StatusCode::CONFLICT, "Rien à envoyer", "Le paiement est en attente, ou sans callback."),
    }
}

/// Whether the form was sent from a page of another site.
fn foreign(request: &Request) -> bool {
    let value = |name: HeaderName| request.headers().get(name).map(HeaderValue::as_bytes);
    let own = [b"http://", value(header::HOST).unwrap_or_default()].concat();
    value(header::ORIGIN).is_some_and(|origin| origin != own)
        || value(HeaderName::from_static("sec-fetch-site")) == Some(b"cross-site")
}

fn forbidden() -> Response {
    pages::message(StatusCode::FORBIDDEN, "Demande refusée", "Ce formulaire vient d’un autre site.")
}

fn service(in_service: bool) -> Markup {
    let (state, action) =
        if in_service { ("En service", "Mettre hors service") } else { ("Hors service", "Remettre en service") };
    html! {
        section.card {
            div.row {
                h2 { "Service" }
                span.state.paid[in_service].failed[!in_service] { (state) }
            }
            form method="post" action="/sandbox/service" {
                button name="in_service" value=(!in_service) { (action) }
            }
        }
    }
}

fn card(payment: &Payment, callback: bool) -> Markup {
    let (class, state, settled) = match payment.state {
        PaymentState::Pending => ("state", "En attente", false),
        PaymentState::Settled(Settlement::Paid) => ("state paid", "SUCCESS", true),
        PaymentState::Settled(settlement) => ("state failed", settlement.status(), true),
    };
    html! {
        article.card {
            div.row {
                h3 { (payment.label) }
                span class=(class) { (state) }
            }
            p {
                strong { (pages::amount(payment.amount)) } " · "
                @if let Some(name) = &payment.name { (name) " · " }
                (payment.phone)
            }
            p { a href={ "/purchase-product/" (payment.token) } { code { (payment.token) } } }
            @if !payment.notifications.is_empty() {
                ul {
                    @for notification in &payment.notifications { li { (line(notification)) } }
                }
            }
            @if settled && callback {
                form method="post" action={ "/sandbox/callback/" (payment.token) } {
                    button { "Envoyer de nouveau le callback" }
                }
            }
        }
    }
}

fn line(notification: &Notification) -> String {
    let seconds = notification.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    let result = match &notification.result {
        Ok(status) => format!("HTTP {status}"),
        Err(error) => error.clone(),
    };
    format!("{hours:02}:{minutes:02}:{:02}\u{a0}UTC\u{a0}: {result}", seconds % 60)
}
