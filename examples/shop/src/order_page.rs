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
    pub(crate) contact: Option<&'a str>,
}

/// A word for the state of each order. The script reloads the page when they change.
pub(crate) fn mark(orders: &[&Order]) -> String {
    orders.iter().map(|order| word(order)).collect::<Vec<_>>().join(" ")
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
        // A callback is not signed: only the announcement is known, and that the gateway has confirmed no payment.
        (OrderState::Failed, _) => ("failed", "Échec annoncé", "Un échec du paiement nous est annoncé."),
        (OrderState::Rejected, _) => ("failed", "Rejet annoncé", "Un rejet du paiement nous est annoncé."),
        (OrderState::TimedOut, _) => {
            ("failed", "Délai dépassé", "On nous annonce que le délai de paiement est dépassé.")
        }
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
        p.state.(class) role="status" data-state=(mark(&[order].into_iter().chain(view.twin).collect::<Vec<_>>())) { (sign(class)) span { (text) } }
        @if let Some(twin) = view.twin { (about_twin(twin, false)) }
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

/// Names another order of the same article and what is known of its payment. Above the form that would order it again,
/// it is an alert.
pub(crate) fn about_twin(twin: &Order, again: bool) -> Markup {
    let payment = match twin.state {
        OrderState::Shipped => "\u{a0}: cette commande-là est payée.",
        state if state.has_failed() => "\u{a0}: un échec de son paiement nous est annoncé.",
        _ => "\u{a0}: son paiement est peut-être en cours.",
    };
    html! {
        p.notice role=[again.then_some("alert")] {
            "Vous avez " (if again { "déjà" } else { "aussi" }) " commandé cet article sous le "
            a href={ "/commandes/" (twin.reference) } { "n°\u{a0}" (twin.id) }
            (payment)
        }
    }
}

/// The return page of a customer with several orders. It offers no payment: one of them may just have been paid.
pub(crate) fn several(orders: &[Order]) -> Page {
    let content = html! {
        h1 { "Vos commandes" }
        div data-state=(mark(&orders.iter().collect::<Vec<_>>())) {
            @for order in orders {
                @let (class, title, _) = words(order);
                section.card {
                    p.state.(class) { (sign(class)) span { (title) } }
                    div.product { (picture(&order.slug)) div { h2 { (order.label) } p.amount { (francs(order.amount)) } } }
                    p { a href={ "/commandes/" (order.reference) } { "Voir la commande n°\u{a0}" (order.id) } }
                }
            }
        }
        @if orders.iter().any(|order| order.state != OrderState::Shipped) {
            p { "Si vous avez payé, votre paiement sera confirmé dans un instant. Cette page se met à jour toute seule." }
        }
    };
    Page { follows: true, ..Page::new("Vos commandes", content) }
}

/// What the customer can do. Beside an order that is paid, nobody is asked to pay.
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
