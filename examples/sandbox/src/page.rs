//! The payment page, which customers open on a telephone, and their way back to the shop.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};

use crate::app::App;
use crate::control::UNKNOWN;
use crate::form::Form;
use crate::html as pages;
use crate::payments::{Payment, PaymentState, Settlement};
use crate::server::Request;

pub(crate) fn show(app: &App, token: &str) -> Response {
    let Some(payment) = app.payments.get(token) else {
        return pages::not_found(UNKNOWN);
    };
    let content = html! {
        main {
            h1 { "Paiement" }
            (order(&payment, &app.settings.api_client))
            @match payment.state {
                PaymentState::Pending => {
                    (choice())
                    (back(app, "Annuler et revenir", false))
                }
                PaymentState::Settled(settlement) => {
                    p.result.paid[settlement == Settlement::Paid] role="status" { (settlement.words().message) }
                    (back(app, "Retourner à la boutique", true))
                }
            }
        }
    };
    pages::page(StatusCode::OK, "Paiement", &content)
}

/// Settles the payment and sends the browser back.
pub(crate) fn submit(app: &App, request: &Request, token: &str) -> Response {
    if app.payments.get(token).is_none() {
        return pages::not_found(UNKNOWN);
    }
    let form = Form::of(request);
    let name = form.as_ref().and_then(|form| form.get("outcome"));
    let Some(settlement) = name.and_then(Settlement::named) else {
        let text = "L’issue du paiement manque ou n’existe pas.";
        return pages::message(StatusCode::BAD_REQUEST, "Demande incomplète", text);
    };
    if app.settle(token, settlement) == Some(false) {
        let text = "Votre demande n’a rien changé.";
        return pages::message(StatusCode::CONFLICT, "Ce paiement est déjà terminé", text);
    }
    match &app.settings.redirect_url {
        Some(url) if !app.settings.redirect_by_post => Redirect::to(url).into_response(),
        _ => Redirect::to(&format!("/purchase-product/{token}")).into_response(),
    }
}

fn order(payment: &Payment, merchant: &str) -> Markup {
    html! {
        section.card aria-label="Commande" {
            p.amount { (pages::amount(payment.amount)) }
            p.label { (payment.label) }
            @if let Some(details) = &payment.details { p.details.muted { (details) } }
            dl {
                div { dt { "Marchand" } dd { (merchant) } }
                @if let Some(name) = &payment.name { div { dt { "Client" } dd { (name) } } }
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
                    button.main[settlement == Settlement::Paid] name="outcome" value=(settlement.words().name) { (text) }
                }
            }
        }
    }
}

/// The way back to the shop, if there is one.
fn back(app: &App, text: &str, main: bool) -> Markup {
    html! {
        @match &app.settings.redirect_url {
            Some(url) if app.settings.redirect_by_post => {
                form method="post" action=(url) { button.main[main] { (text) } }
            }
            Some(url) => p { a.button.main[main] href=(url) { (text) } },
            None => {}
        }
    }
}
