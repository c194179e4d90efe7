//! The page of one order, for its customer.

use maud::{Markup, html};

use crate::orders::{Order, OrderState};
use crate::pages::{Page, francs};
use crate::phone::grouped;
use crate::pictures::{picture, sign};

pub(crate) struct View<'a> {
    pub(crate) order: &'a Order,
    /// Another order of the customer for the same article, which is paid or may be.
    pub(crate) twin: Option<&'a Order>,
    /// Whether the customer comes from the payment page.
    pub(crate) returned: bool,
    pub(crate) contact: Option<&'a str>,
}

/// A word for the order's state, and one for its twin's. The script reloads the page when they change.
pub(crate) fn mark(order: &Order, twin: Option<&Order>) -> String {
    [Some(order), twin].into_iter().flatten().map(word).collect::<Vec<_>>().join(" ")
}

fn word(order: &Order) -> &'static str {
    match (order.state, &order.problem) {
        (OrderState::Ordered, _) => "ordered",
        (OrderState::Pending, None) => "pending",
        (OrderState::Pending, Some(_)) => "delayed",
        (OrderState::Failed, _) => "failed",
        (OrderState::Rejected, _) => "rejected",
        (OrderState::TimedOut, _) => "timed-out",
        (OrderState::Shipped, _) if order.delivered_at.is_some() => "delivered",
        (OrderState::Shipped, _) => "shipped",
    }
}

/// Class, title and text.
fn words(order: &Order) -> (&'static str, &'static str, &'static str) {
    match (order.state, &order.problem) {
        (OrderState::Ordered, None) => ("", "Commande enregistrée", "Elle n’est pas encore payée."),
        // The order has no token: nobody can have paid for it.
        (OrderState::Ordered, Some(_)) => (
            "failed",
            "Paiement indisponible pour le moment",
            "Rien n’a été débité et votre commande est enregistrée\u{a0}: réessayez dans un instant.",
        ),
        (OrderState::Pending, None) => (
            "",
            "Paiement en attente",
            "Si vous avez payé, votre paiement sera confirmé dans un instant. Cette page se met à jour toute seule.",
        ),
        (OrderState::Pending, Some(_)) => (
            "",
            "Vérification en cours",
            "Le paiement ne peut pas être vérifié pour le moment. Si vous avez payé, votre paiement n’est pas perdu\u{a0}: \
             nous continuons à vérifier. Cette page se met à jour toute seule.",
        ),
        (OrderState::Failed, _) => ("failed", "Paiement échoué", "Le paiement a échoué."),
        (OrderState::Rejected, _) => ("failed", "Paiement rejeté", "Le paiement a été rejeté."),
        (OrderState::TimedOut, _) => ("failed", "Délai dépassé", "Le délai de paiement est dépassé."),
        (OrderState::Shipped, _) if order.delivered_at.is_some() => {
            ("paid", "Commande livrée", "Merci de votre achat\u{202f}!")
        }
        (OrderState::Shipped, _) => (
            "paid",
            "Commande payée",
            "Merci\u{202f}! Votre paiement est confirmé\u{a0}: nous préparons votre commande.",
        ),
    }
}

pub(crate) fn order(view: &View<'_>) -> Page {
    let order = view.order;
    let (class, title, text) = words(order);
    let content = html! {
        h1 { (title) }
        p.state.(class) role="status" data-state=(mark(order, view.twin)) { (sign(class)) span { (text) } }
        @if let Some(twin) = view.twin { (about_twin(twin)) }
        section.card aria-label="Commande" {
            div.product { (picture(&order.slug)) div { h2 { (order.label) } p.amount { (francs(order.amount)) } } }
            dl {
                dt { "Commande" }
                dd { "n°\u{a0}" (order.id) }
                dt { "Date" }
                dd { (order.ordered_at) }
                @if !order.name.is_empty() {
                    dt { "Nom" }
                    dd { (order.name) }
                }
                dt { "Numéro" }
                dd { (grouped(&order.phone)) }
            }
        }
        (next_step(view))
    };
    let follows = !matches!(order.state, OrderState::Ordered | OrderState::Shipped);
    Page { follows, ..Page::new(title, content) }
}

fn about_twin(twin: &Order) -> Markup {
    let paid = twin.state == OrderState::Shipped;
    html! {
        p.notice {
            "Vous avez aussi commandé cet article sous le "
            a href={ "/commandes/" (twin.reference) } { "n°\u{a0}" (twin.id) }
            @if paid { "\u{a0}: cette commande-là est payée." } @else { "\u{a0}: son paiement est peut-être en cours." }
        }
    }
}

/// What the customer can do. Nobody is asked to pay twice: not beside an order that is paid, and not right after the
/// payment page while another one is open.
fn next_step(view: &View<'_>) -> Markup {
    let order = view.order;
    let address = |action: &str| format!("/commandes/{}/{action}", order.reference);
    let twin_paid = view.twin.is_some_and(|twin| twin.state == OrderState::Shipped);
    let help = view.contact.map_or("la boutique".to_owned(), str::to_owned);
    html! {
        @if order.state.has_failed() {
            p {
                "Causes fréquentes\u{a0}: solde insuffisant, code refusé, délai dépassé. Si vous avez tout de même été débité, la \
                 commande sera confirmée dès que le paiement sera vérifié."
            }
            @if !twin_paid {
                form method="post" action=(address("recommencer")) data-once="Un instant…" {
                    button { "Réessayer le paiement" }
                }
            }
            p { "Besoin d’aide\u{202f}? Contactez " (help) " et donnez le numéro de commande " (order.id) "." }
        } @else if order.state == OrderState::Shipped || twin_paid {
            p { a href="/" { "Retour au catalogue" } }
        } @else if view.twin.is_some() && view.returned {
            p { a href={ "/commandes/" (order.reference) } { "Je n’ai pas payé\u{a0}: reprendre cette commande" } }
        } @else {
            form method="post" action=(address("payer")) data-once="Un instant…" {
                @match order.state {
                    OrderState::Ordered => button { "Payer " (francs(order.amount)) },
                    // The customer may have paid already.
                    _ => button.second { "Retourner au paiement" },
                }
            }
            @if order.problem.is_some() {
                p { "Besoin d’aide\u{202f}? Contactez " (help) " et donnez le numéro de commande " (order.id) "." }
            }
        }
    }
}
