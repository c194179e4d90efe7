//! The payment page, which customers open on a telephone.

use ekolopay_serve::http::StatusCode;
use ekolopay_serve::{Request, Response};
use maud::{Markup, html};

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
        h1 { "Paiement" }
        (order(&payment))
        @match payment.state {
            PaymentState::Pending => (choice()),
            PaymentState::Settled(settlement) => (result(settlement, app.settings.redirect_url.as_deref())),
        }
    };
    pages::page(StatusCode::OK, "Paiement", &content, "no-referrer")
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
                    dt { "Client" }
                    dd { (name) }
                }
                dt { "Numéro" }
                dd { (payment.phone) }
            }
        }
    }
}

fn choice() -> Markup {
    html! {
        form.card method="post" {
            fieldset {
                legend { "Choisissez l’issue du paiement" }
                @for settlement in Settlement::ALL {
                    button.main[settlement == Settlement::Paid] name="outcome" value=(settlement.name()) {
                        (action(settlement))
                    }
                }
            }
        }
    }
}

fn action(settlement: Settlement) -> &'static str {
    match settlement {
        Settlement::Paid => "Réussir le paiement",
        Settlement::Failed => "Faire échouer le paiement",
        Settlement::Rejected => "Faire rejeter le paiement",
        Settlement::TimedOut => "Laisser passer le délai",
    }
}

fn result(settlement: Settlement, back: Option<&str>) -> Markup {
    html! {
        p.result.paid[settlement == Settlement::Paid] role="status" { (settlement.message()) }
        @if let Some(url) = back {
            p { a.back href=(url) { "Retourner à la boutique" } }
        }
    }
}
