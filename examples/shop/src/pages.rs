//! The pages, in French, for telephones first.

use maud::{DOCTYPE, Markup, html};

use crate::orders::{Counts, Order, OrderState, Product};
use crate::web::OrderForm;

pub(crate) const NOT_FOUND: &str = "Cette page n’existe pas, ou n’existe plus.";
pub(crate) const BROKEN: &str =
    "La boutique n’a pas pu répondre. Rien n’a été débité\u{202f}; réessayez dans un instant.";
pub(crate) const NO_COOKIE: &str = "Ouvrez cette page dans le navigateur avec lequel vous avez commandé\u{a0}: elle y \
                                    affichera votre commande. Un paiement effectué n’est jamais perdu.";
pub(crate) const PASSWORD: &str = "Cette page est réservée au marchand. Entrez son mot de passe.";

pub(crate) fn refusal(message: &str) -> String {
    format!("La plateforme de paiement répond\u{a0}: {message}")
}

/// The content between the header and the footer of the shop.
pub(crate) struct Page {
    title: String,
    content: Markup,
    /// Whether the page reloads when its order changes.
    follows: bool,
}

impl Page {
    fn new(title: impl Into<String>, content: Markup) -> Page {
        Page { title: title.into(), content, follows: false }
    }

    pub(crate) fn document(self, demo: bool) -> Markup {
        html! {
            (DOCTYPE)
            html lang="fr" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) " – Marché de Brazza" }
                    link rel="stylesheet" href="/style.css";
                    link rel="icon" href="data:,";
                    @if self.follows {
                        noscript { meta http-equiv="refresh" content="10"; }
                        script src="/suivi.js" defer {}
                    }
                }
                body {
                    a.skip href="#contenu" { "Aller au contenu" }
                    header {
                        @if demo {
                            p.demo role="note" { strong { "Démonstration." } " Aucun argent ne circule, rien n’est livré." }
                        }
                        a.brand href="/" { "Marché de Brazza" }
                    }
                    main id="contenu" { (self.content) }
                    footer { p { "Paiement par Mobile Money avec EkoloPay" } }
                }
            }
        }
    }
}

/// A page with one sentence.
pub(crate) fn message(title: &str, text: &str) -> Page {
    let content = html! {
        h1 { (title) }
        p { (text) }
        p { a href="/" { "Retour au catalogue" } }
    };
    Page::new(title, content)
}

pub(crate) fn catalogue(products: &[Product]) -> Page {
    let content = html! {
        h1 { "Catalogue" }
        ul.products {
            @for product in products {
                li.card {
                    h2 { a href={ "/produits/" (product.slug) } { (product.label) } }
                    p.muted { (product.details) }
                    p.amount { (francs(product.amount)) }
                }
            }
        }
    };
    Page::new("Catalogue", content)
}

/// A product with its order form. After a mistake the form is shown again with the customer's input.
pub(crate) fn product(product: &Product, form: &OrderForm, problem: Option<&str>) -> Page {
    let content = html! {
        h1 { (product.label) }
        p.muted { (product.details) }
        p.amount { (francs(product.amount)) }
        form.card method="post" {
            h2 { "Commander" }
            @if let Some(problem) = problem {
                p.problem id="probleme" role="alert" { (problem) }
            }
            label for="phone" { "Numéro Mobile Money" }
            p.hint id="exemple" { "Par exemple 06 630 49 25" }
            input id="phone" name="phone" type="tel" inputmode="tel" autocomplete="tel" maxlength="100" required
                value=(form.phone) aria-invalid=[problem.map(|_| "true")]
                aria-describedby=(if problem.is_some() { "exemple probleme" } else { "exemple" });
            label for="name" { "Nom " span.hint { "(facultatif)" } }
            input id="name" name="name" autocomplete="name" maxlength="100" value=(form.name);
            button { "Payer " (francs(product.amount)) }
        }
        p { a href="/" { "Retour au catalogue" } }
    };
    let title = if problem.is_some() { format!("Erreur\u{a0}: {}", product.label) } else { product.label.clone() };
    Page::new(title, content)
}

/// One word for each state. The script `suivi.js` reloads the page when the word changes.
pub(crate) fn mark(order: &Order) -> &'static str {
    match (order.state, &order.problem) {
        (OrderState::Ordered, _) => "ordered",
        (OrderState::Pending, None) => "pending",
        (OrderState::Pending, Some(_)) => "delayed",
        (OrderState::Failed, _) => "failed",
        (OrderState::Rejected, _) => "rejected",
        (OrderState::TimedOut, _) => "timed-out",
        (OrderState::Shipped, _) => "shipped",
    }
}

pub(crate) fn order(order: &Order) -> Page {
    let (class, title, text) = match (order.state, &order.problem) {
        (OrderState::Ordered, None) => ("", "Commande enregistrée", "Elle n’est pas encore payée."),
        (OrderState::Ordered, Some(_)) => (
            "failed",
            "Paiement indisponible",
            "Le service de paiement ne répond pas. Rien n’a été débité et votre commande est enregistrée\u{a0}: \
             réessayez dans un instant.",
        ),
        (OrderState::Pending, None) => {
            ("", "Paiement en attente", "Si vous avez payé, la confirmation arrivera dans un instant.")
        }
        (OrderState::Pending, Some(_)) => (
            "",
            "Vérification en cours",
            "Le service de paiement ne répond pas pour le moment. Si vous avez payé, votre paiement n’est pas perdu\u{a0}: \
             nous continuons à vérifier.",
        ),
        (OrderState::Failed, _) => ("failed", "Paiement échoué", "Le paiement a échoué."),
        (OrderState::Rejected, _) => ("failed", "Paiement rejeté", "Le paiement a été rejeté."),
        (OrderState::TimedOut, _) => ("failed", "Délai dépassé", "Le délai de paiement est dépassé."),
        (OrderState::Shipped, _) => {
            ("paid", "Commande payée", "Merci\u{202f}! Votre commande est payée et part aujourd’hui.")
        }
    };
    let ended = matches!(order.state, OrderState::Failed | OrderState::Rejected | OrderState::TimedOut);
    let content = html! {
        h1 { (title) }
        p.state.(class) role="status" data-state=(mark(order)) { (text) }
        section.card aria-label="Commande" {
            h2 { (order.label) }
            p.amount { (francs(order.amount)) }
            dl {
                dt { "Commandé le" }
                dd { (order.ordered_at) }
                @if !order.name.is_empty() {
                    dt { "Nom" }
                    dd { (order.name) }
                }
                dt { "Numéro" }
                dd { (order.phone) }
            }
        }
        @if ended {
            p { "Si vous avez tout de même été débité, la commande partira dès que le paiement sera confirmé." }
            p { a href="/" { "Choisir un article et commander de nouveau" } }
        } @else if order.state != OrderState::Shipped {
            form method="post" action={ "/commandes/" (order.reference) "/payer" } {
                @match order.state {
                    OrderState::Ordered => button { "Payer " (francs(order.amount)) },
                    // The customer may have paid already.
                    _ => button.second { "Continuer vers le paiement" },
                }
            }
        }
    };
    Page { follows: !matches!(order.state, OrderState::Ordered | OrderState::Shipped), ..Page::new(title, content) }
}

/// The merchant's page: the newest orders, and a link to older ones.
pub(crate) fn all_orders(counts: &Counts, orders: &[Order]) -> Page {
    let content = html! {
        h1 { "Commandes" }
        dl {
            dt { "Payées, à livrer" }
            dd { (counts.shipped) }
            dt { "Ouvertes, que la boutique continue à vérifier" }
            dd { (counts.open) }
        }
        div.wide role="region" aria-label="Toutes les commandes" tabindex="0" {
            table {
                thead {
                    tr {
                        th scope="col" { "Commandé le" }
                        th scope="col" { "État" }
                        th scope="col" { "Article" }
                        th scope="col" { "Montant" }
                        th scope="col" { "Client" }
                        th scope="col" { "Token d’achat" }
                    }
                }
                tbody { @for order in orders { (line(order)) } }
            }
        }
        @if let Some(last) = orders.last().filter(|last| last.id > 1) {
            p { a href={ "/marchand?avant=" (last.id) } { "Commandes plus anciennes" } }
        }
    };
    Page::new("Commandes", content)
}

fn line(order: &Order) -> Markup {
    let state = match order.state {
        OrderState::Ordered => "sans token",
        OrderState::Pending => "ouverte",
        OrderState::Failed => "ouverte, échec annoncé",
        OrderState::Rejected => "ouverte, rejet annoncé",
        OrderState::TimedOut => "ouverte, délai dépassé annoncé",
        OrderState::Shipped => "payée, à livrer",
    };
    html! {
        tr {
            td { (order.ordered_at) }
            td {
                (state)
                @if let Some(problem) = &order.problem { p.hint { (problem) } }
            }
            td { a href={ "/commandes/" (order.reference) } { (order.label) } }
            td.number { (francs(order.amount)) }
            td { (order.name) " " (order.phone) }
            td { code { (order.token.as_ref().map_or("", |token| token.as_str())) } }
        }
    }
}

/// Groups of three digits, separated by a narrow no-break space as in French.
fn francs(amount: u64) -> String {
    let digits = amount.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join("\u{202f}") + "\u{a0}FCFA"
}
