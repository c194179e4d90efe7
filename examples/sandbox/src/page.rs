//! The payment page: the customer's, on a telephone.

use maud::{Markup, html};

use crate::gateway::Gateway;
use crate::html as pages;
use crate::http::{Reply, Request};
use crate::payments::{Outcome, Payment, State};

pub(crate) fn show(gateway: &Gateway, token: &str) -> Reply {
    let Some(payment) = gateway.payments.get(token) else {
        return unknown();
    };
    let content = html! {
        h1 { "Paiement" }
        (order(&payment))
        @match payment.state {
            State::Pending => (choice()),
            State::Settled(outcome) => (result(outcome, gateway.settings.redirect_url.as_deref())),
        }
    };
    pages::page(200, "Paiement", &content).with("Referrer-Policy", "no-referrer")
}

/// Settles the payment, then sends the browser on. Whoever comes second is only
/// sent on.
pub(crate) fn submit(gateway: &Gateway, request: &Request, token: &str) -> Reply {
    if gateway.payments.get(token).is_none() {
        return unknown();
    }
    let form = request.form();
    let name = form.as_ref().and_then(|form| form.get("outcome"));
    let Some(outcome) = name.and_then(Outcome::named) else {
        let text = "L’issue du paiement manque ou n’existe pas.";
        return pages::message(400, "Demande incomplète", text);
    };
    gateway.settle(token, outcome);
    match &gateway.settings.redirect_url {
        Some(url) => Reply::see_other(url),
        None => Reply::see_other(format!("/purchase-product/{token}")),
    }
}

fn unknown() -> Reply {
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
                @for outcome in Outcome::ALL {
                    button.main[outcome == Outcome::Paid] name="outcome" value=(outcome.name()) {
                        (action(outcome))
                    }
                }
            }
        }
    }
}

fn action(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Paid => "Réussir le paiement",
        Outcome::Failed => "Faire échouer le paiement",
        Outcome::Rejected => "Faire rejeter le paiement",
        Outcome::TimedOut => "Laisser passer le délai",
    }
}

fn result(outcome: Outcome, back: Option<&str>) -> Markup {
    html! {
        p.result.paid[outcome == Outcome::Paid] role="status" { (outcome.message()) }
        @if let Some(url) = back {
            p { a.back href=(url) { "Retourner à la boutique" } }
        }
    }
}
