//! The merchant's page: what needs attention, and the orders.

use maud::{Markup, html};

use crate::merchant::{Counts, Filter, Query};
use crate::notices::Current;
use crate::orders::{Order, OrderState};
use crate::pages::{Page, francs};
use crate::phone::grouped;

pub(crate) struct Listing<'a> {
    pub(crate) counts: &'a Counts,
    pub(crate) orders: &'a [Order],
    /// Whether there may be older ones.
    pub(crate) more: bool,
    pub(crate) query: &'a Query,
    pub(crate) notices: &'a Current,
    pub(crate) database_lost: bool,
    pub(crate) form_key: &'a str,
    /// The page's own query, to come back to.
    pub(crate) back: &'a str,
}

const FILTERS: [(Filter, &str, &str); 5] = [
    (Filter::Toutes, "toutes", "Toutes"),
    (Filter::Livrer, "livrer", "À livrer"),
    (Filter::Attente, "attente", "En attente"),
    (Filter::Livrees, "livrees", "Livrées"),
    (Filter::Probleme, "probleme", "Avec un problème"),
];

pub(crate) fn orders(listing: &Listing<'_>) -> Page {
    let content = html! {
        h1 { "Commandes" }
        (banners(listing))
        dl.counts {
            div { dt { "Payées, à livrer" } dd { (listing.counts.waiting) } }
            div { dt { "En attente de paiement" } dd { (listing.counts.open) } }
            div { dt { "Livrées" } dd { (listing.counts.delivered) } }
        }
        form.search role="search" method="get" {
            label for="q" { "Chercher une commande" }
            div {
                input id="q" name="q" type="search" value=(listing.query.q) placeholder="numéro, nom ou token";
                input type="hidden" name="filtre" value=(name(listing.query.filtre));
                button { "Chercher" }
            }
        }
        nav.filters aria-label="Filtres" {
            @for (filter, name, label) in FILTERS {
                a href={ "/marchand?filtre=" (name) } aria-current=[(filter == listing.query.filtre).then_some("page")] { (label) }
            }
        }
        @if listing.orders.is_empty() {
            p.empty { "Aucune commande ici." }
        } @else {
            table {
                thead {
                    tr {
                        th scope="col" { "Commande" }
                        th scope="col" { "État" }
                        th scope="col" { "Article" }
                        th scope="col" { "Montant" }
                        th scope="col" { "Client" }
                        th scope="col" { "Livraison" }
                    }
                }
                tbody { @for order in listing.orders { (line(order, listing)) } }
            }
            @if let Some(last) = listing.orders.last().filter(|_| listing.more) {
                p { a href=(older(listing.query, last.id)) { "Commandes plus anciennes" } }
            }
        }
    };
    Page { wide: true, ..Page::new("Commandes", content) }
}

fn banners(listing: &Listing<'_>) -> Markup {
    let notices = listing.notices;
    html! {
        @if let Some(problem) = &notices.key {
            p.problem role="alert" {
                strong { "La plateforme de paiement refuse vos identifiants." }
                " " (problem.sentence()) ". Vérifiez EKOLOPAY_API_CLIENT et EKOLOPAY_SECRET_KEY, puis redémarrez la boutique."
            }
        }
        @if let Some(problem) = &notices.gateway {
            p.problem role="alert" { (problem.sentence()) ". Les commandes restent ouvertes\u{a0}; la boutique continue à vérifier." }
        }
        @if listing.database_lost {
            p.problem role="alert" {
                strong { "Le fichier de la base de données a été supprimé ou remplacé." }
                " La boutique n’accepte plus de commandes. Remettez le fichier en place, puis redémarrez-la."
            }
        } @else if listing.notices.database_fails {
            p.problem role="alert" {
                strong { "La base de données ne répond pas." }
                " Elle est verrouillée par un autre programme, ou le disque est plein. Voyez le journal de la boutique."
            }
        }
    }
}

/// Class and words of the state.
fn state(order: &Order) -> (&'static str, &'static str) {
    match order.state {
        OrderState::Ordered => ("", "Pas encore envoyée au paiement"),
        OrderState::Pending => ("", "En attente de paiement"),
        OrderState::Failed => ("failed", "Échec annoncé"),
        OrderState::Rejected => ("failed", "Rejet annoncé"),
        OrderState::TimedOut => ("failed", "Délai dépassé annoncé"),
        OrderState::Shipped if order.delivered_at.is_some() => ("paid", "Livrée"),
        OrderState::Shipped => ("paid due", "Payée, à livrer"),
    }
}

fn line(order: &Order, listing: &Listing<'_>) -> Markup {
    let (class, words) = state(order);
    html! {
        tr {
            td data-label="Commande" {
                a href={ "/commandes/" (order.reference) } { "n°\u{a0}" (order.id) }
                div.hint { (order.ordered_at) }
            }
            td data-label="État" {
                span class={ "badge " (class) } { (words) }
                @if let Some(problem) = &order.problem { p.hint { (problem.time) "\u{a0}: " (problem.sentence()) } }
            }
            td data-label="Article" { (order.label) }
            td.number data-label="Montant" { (francs(order.amount)) }
            td data-label="Client" {
                @if !order.name.is_empty() { div { (order.name) } }
                div { (grouped(&order.phone)) }
                @if let Some(token) = &order.token { code { (token.as_str()) } }
            }
            td data-label="Livraison" { (delivery(order, listing)) }
        }
    }
}

fn delivery(order: &Order, listing: &Listing<'_>) -> Markup {
    if order.state != OrderState::Shipped {
        return html! { "–" };
    }
    html! {
        @if let Some(time) = &order.delivered_at { span.hint { "Livrée le " (time) } }
        form method="post" action="/marchand/livraison" data-once="Un instant…" {
            input type="hidden" name="key" value=(listing.form_key);
            input type="hidden" name="order" value=(order.id);
            input type="hidden" name="back" value=(listing.back);
            @if order.delivered_at.is_some() {
                input type="hidden" name="undo" value="1";
                button.second { "Annuler" span.visually-hidden { " la livraison de la commande n°\u{a0}" (order.id) } }
            } @else {
                button { "Marquer comme livrée" span.visually-hidden { ", commande n°\u{a0}" (order.id) } }
            }
        }
    }
}

fn name(filter: Filter) -> &'static str {
    FILTERS.iter().find(|(known, ..)| *known == filter).map_or("toutes", |(_, name, _)| name)
}

fn older(query: &Query, before: i64) -> String {
    let q = serde_html_form::to_string([("q", &query.q)]).unwrap_or_default();
    format!("/marchand?filtre={}&avant={before}&{q}", name(query.filtre))
}
