//! The page for the shop's developer: the payments, their callbacks, and the switch for the service.

use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use crate::app::App;
use crate::control::unix;
use crate::html as pages;
use crate::outcome::NUMBERS;
use crate::payments::{Notification, Payment, PaymentState, Settlement};

/// How many of the newest payments are listed.
const LISTED: usize = 50;

pub(crate) fn show(app: &App) -> Response {
    let (payments, total) = app.payments.newest(LISTED);
    let settings = &app.settings;
    let callback = settings.callback_url.as_deref();
    let in_service = app.in_service();
    let (state, action) =
        if in_service { ("En service", "Mettre hors service") } else { ("Hors service", "Remettre en service") };
    let content = html! {
        main.wide {
            h1 { "Passerelle EkoloPay locale" }
            section.card {
                form.row method="post" action="/sandbox/api/service" {
                    span.state.paid[in_service].failed[!in_service] { (state) }
                    button name="available" value=(!in_service) { (action) }
                }
                dl {
                    div { dt { "api_client" } dd { (settings.api_client) } }
                    div { dt { "Callback" } dd { (callback.unwrap_or("aucun")) } }
                    div { dt { "Redirection" } dd { (settings.redirect_url.as_deref().unwrap_or("aucune")) } }
                }
                details {
                    summary { "Numéros de test\u{a0}: l’issue vient toute seule" }
                    dl { @for (phone, title, _) in &NUMBERS { div { dt { (phone) } dd { (title) } } } }
                }
            }
            h2 { "Paiements" }
            p.muted {
                @match total {
                    0 => "Aucun paiement pour l’instant.",
                    1..=LISTED => "Les plus récents d’abord, à l’heure de Brazzaville.",
                    _ => { "Les " (LISTED) " plus récents sur " (pages::number(total as u64)) "." }
                }
            }
            @if !payments.is_empty() {
                ol.card.list { @for payment in &payments { (row(payment, callback.is_some())) } }
            }
        }
    };
    pages::page(StatusCode::OK, "Passerelle locale", &content)
}

fn row(payment: &Payment, callback: bool) -> Markup {
    let (class, state) = match payment.state {
        PaymentState::Pending => ("state", "En attente"),
        PaymentState::Settled(Settlement::Paid) => ("state paid", Settlement::Paid.words().title),
        PaymentState::Settled(settlement) => ("state failed", settlement.words().title),
    };
    let token = &payment.token;
    html! {
        li {
            div { span class=(class) { (state) } }
            div { a href={ "/purchase-product/" (token) } { (payment.label) } br; code.muted { (token) } }
            strong { (pages::amount(payment.amount)) }
            div { (payment.phone) @if let Some(name) = &payment.name { br; (name) } }
            div {
                @if let Some(last) = payment.notifications.last() {
                    p.muted { "Callback à " (time(last.at)) "\u{a0}: " (result(last)) }
                }
                @if callback && (payment.state != PaymentState::Pending || !payment.notifications.is_empty()) {
                    form method="post" action={ "/sandbox/api/payments/" (token) "/callback" } {
                        button { "Renvoyer le callback" }
                    }
                }
            }
            @if !payment.calls.is_empty() || !payment.notifications.is_empty() { (exchanges(payment)) }
        }
    }
}

/// The calls and callbacks in the order of their times, each with both bodies.
fn exchanges(payment: &Payment) -> Markup {
    let calls = payment.calls.iter().map(|call| {
        let fields: String = call.request.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        (call.at, format!("{}, HTTP\u{a0}{}", call.name, call.status), fields, &call.reply)
    });
    let callbacks = payment.notifications.iter().map(|sent| {
        let title = format!("callback, {}, {}\u{a0}ms", result(sent), sent.elapsed.as_millis());
        (sent.at, title, format!("{}\n", sent.body), &sent.reply)
    });
    let mut exchanges: Vec<_> = calls.chain(callbacks).collect();
    exchanges.sort_by_key(|(at, ..)| *at);
    html! {
        details {
            summary { "Échanges" }
            @for (at, title, request, reply) in exchanges {
                p { (time(at)) "\u{a0}: " (title) }
                pre { (request) "\n" (reply) }
            }
        }
    }
}

fn result(sent: &Notification) -> String {
    sent.result.as_ref().map_or_else(Clone::clone, |status| format!("HTTP\u{a0}{status}"))
}

/// In Brazzaville, whose clocks are an hour ahead of UTC all year.
fn time(at: SystemTime) -> String {
    let seconds = unix(at + Duration::from_secs(3600));
    format!("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}
