//! The payment page, which customers open on a telephone, and their way back to the shop.

use ekolopay_serve::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use ekolopay_serve::http::{HeaderValue, StatusCode};
use ekolopay_serve::{Request, Response};
use maud::{Markup, PreEscaped, html};

use crate::app::App;
use crate::form::Form;
use crate::html as pages;
use crate::payments::{Payment, PaymentState, Settlement};
use crate::response::see_other;

pub(crate) fn show(app: &App, token: &str) -> Response {
    let Some(payment) = app.payments.get(token) else {
        return unknown();
    };
    let content = html! {
        main {
            h1 { "Paiement" }
            (order(&payment))
            @match payment.state {
                PaymentState::Pending => (choice()),
                PaymentState::Settled(settlement) => {
                    p.result.paid[settlement == Settlement::Paid] role="status" { (settlement.message()) }
                    @if let Some(url) = &app.settings.redirect_url { (back(url, app.settings.redirect_by_post)) }
                }
            }
        }
    };
    pages::page(StatusCode::OK, "Paiement", &content)
}

/// Settles the payment and redirects the browser. If the payment is already settled, it only redirects.
pub(crate) fn submit(app: &App, request: &Request, token: &str) -> Response {
    if app.payments.get(token).is_none() {
        return unknown();
    }
    let form = Form::of(request);
    let name = form.as_ref().and_then(|form| form.get("outcome"));
    let Some(settlement) = name.and_then(Settlement::named) else {
        let text = "L’issue du paiement manque ou n’existe pas.";
        return pages::message(StatusCode::BAD_REQUEST, "Demande incomplète", text);
    };
    app.settle(token, settlement);
    match &app.settings.redirect_url {
        Some(url) if app.settings.redirect_by_post => post_to(url),
        Some(url) => see_other(url),
        None => see_other(&format!("/purchase-product/{token}")),
    }
}

fn unknown() -> Response {
    pages::not_found("Ce paiement n’existe pas, ou n’existe plus.")
}

fn order(payment: &Payment) -> Markup {
    html! {
        section.card aria-label="Commande" {
            p.amount { (pages::amount(payment.amount)) }
            p.label { (payment.label) }
            @if let Some(details) = &payment.details {
                p.details.muted { (details) }
            }
            dl {
                @if let Some(name) = &payment.name {
                    div { dt { "Client" } dd { (name) } }
                }
                div { dt { "Numéro" } dd { (payment.phone) } }
            }
        }
    }
}

fn choice() -> Markup {
    let texts = ["Simuler un paiement réussi", "Simuler un échec", "Simuler un rejet", "Simuler un délai dépassé"];
    html! {
        form.card method="post" {
            fieldset {
                legend { "Choisissez l’issue du paiement" }
                @for (settlement, text) in Settlement::ALL.into_iter().zip(texts) {
                    button.main[settlement == Settlement::Paid] name="outcome" value=(settlement.name()) { (text) }
                }
            }
        }
    }
}

fn back(url: &str, by_post: bool) -> Markup {
    let text = "Retourner à la boutique";
    html! {
        @if by_post {
            form method="post" action=(url) { button.main { (text) } }
        } @else {
            p { a.button.main href=(url) { (text) } }
        }
    }
}

/// A page whose form submits itself. It has no fields, as the documentation names none.
fn post_to(url: &str) -> Response {
    let nonce = format!("{:032x}", fastrand::u128(..));
    let content = html! {
        main {
            h1 { "Retour à la boutique" }
            (back(url, true))
        }
        script nonce=(nonce) { (PreEscaped("document.forms[0].submit()")) }
    };
    let mut response = pages::page(StatusCode::OK, "Retour à la boutique", &content);
    let policy = HeaderValue::try_from(format!("{}; script-src 'nonce-{nonce}'", pages::POLICY));
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy.expect("ASCII"));
    // The shop gets `Origin` as from a page without any policy.
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("origin"));
    response
}
