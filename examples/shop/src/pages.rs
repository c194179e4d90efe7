//! The pages, in French, for telephones first.

use maud::{DOCTYPE, Markup, html};

use crate::assets::{SCRIPT, STYLE};
use crate::order_page::about_twin;
use crate::ordering::OrderForm;
use crate::orders::{Order, Product};
use crate::pictures::picture;

pub(crate) const NOT_FOUND: &str = "Cette page n’existe pas, ou n’existe plus.";
pub(crate) const BROKEN: &str = "La boutique n’a pas pu répondre. Réessayez dans un instant.";
pub(crate) const BUSY: &str = "La boutique est très occupée. Réessayez dans un instant.";
/// Only for an order that was never stored: it has no token, and nobody can have paid for it.
pub(crate) const NOT_ORDERED: &str =
    "Votre commande n’a pas pu être enregistrée, et rien n’a été débité. Réessayez dans un instant.";
pub(crate) const UNREADABLE: &str = "Le formulaire n’a pas pu être lu. Revenez en arrière et réessayez.";
pub(crate) const NO_COOKIE: &str = "Ouvrez cette page dans le navigateur avec lequel vous avez commandé\u{a0}: elle y \
                                    affichera votre commande. Un paiement effectué n’est jamais perdu.";
pub(crate) const PASSWORD: &str = "Cette page est réservée au marchand. Entrez son mot de passe.";
pub(crate) const TOO_MANY_GUESSES: &str = "Trop d’essais à la fois. Attendez un instant.";
pub(crate) const STALE_FORM: &str = "Ce formulaire n’est plus valable. Revenez à la liste des commandes et réessayez.";
pub(crate) const FOREIGN_FORM: &str = "Ce formulaire vient d’un autre site. Revenez au catalogue et réessayez.";
pub(crate) const TOKEN_TAKEN: &str = "La plateforme de paiement confond votre commande avec une autre. Elle est enregistrée\
                                      \u{a0}: contactez la boutique avant de payer.";

/// What every page shows.
pub(crate) struct Shown<'a> {
    pub(crate) demo: bool,
    pub(crate) contact: Option<&'a str>,
}

/// The content between the header and the footer of the shop.
pub(crate) struct Page {
    pub(crate) title: String,
    pub(crate) content: Markup,
    /// Whether the page reloads when its order changes.
    pub(crate) follows: bool,
    pub(crate) wide: bool,
}

impl Page {
    pub(crate) fn new(title: impl Into<String>, content: Markup) -> Page {
        Page { title: title.into(), content, follows: false, wide: false }
    }

    pub(crate) fn document(self, shown: &Shown<'_>) -> Markup {
        html! {
            (DOCTYPE)
            html lang="fr" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " – Marché de Brazza" }
                    link rel="stylesheet" href={ "/" (STYLE.name) };
                    link rel="icon" href="data:,";
                    @if self.follows {
                        noscript { meta http-equiv="refresh" content="10"; }
                    }
                    script src={ "/" (SCRIPT.name) } defer {}
                }
                body.wide[self.wide] {
                    a.skip href="#contenu" { "Aller au contenu" }
                    header {
                        @if shown.demo {
                            p.demo role="note" { strong { "Démonstration." } " Aucun argent ne circule, rien n’est livré." }
                        }
                        div { a.brand href="/" { "Marché de Brazza" } }
                    }
                    main id="contenu" { (self.content) }
                    footer {
                        p {
                            "Paiement par Mobile Money avec EkoloPay"
                            @if let Some(contact) = shown.contact { " · Aide\u{a0}: " (contact) }
                        }
                    }
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
                li {
                    a.card href={ "/produits/" (product.slug) } {
                        (picture(&product.slug))
                        h2 { (product.label) }
                        p.muted { (product.details) }
                        p.amount { (francs(product.amount)) }
                    }
                }
            }
        }
    };
    Page::new("Catalogue", content)
}

/// A product with its order form. After a mistake, or when the customer has ordered it before, the form is shown again
/// with the customer's input.
pub(crate) fn product(product: &Product, form: &OrderForm, problem: Option<&str>, twin: Option<&Order>) -> Page {
    let content = html! {
        div.product {
            (picture(&product.slug))
            div {
                h1 { (product.label) }
                p.muted { (product.details) }
                p.amount { (francs(product.amount)) }
            }
        }
        form.card method="post" data-once="Un instant…" {
            h2 { "Commander" }
            @if let Some(problem) = problem {
                p.problem id="probleme" role="alert" { (problem) }
            }
            @if let Some(twin) = twin {
                (about_twin(twin, true))
                input type="hidden" name="again" value="1";
            }
            input type="hidden" name="key" value=(form.key);
            label for="phone" { "Numéro Mobile Money" }
            p.hint id="exemple" { "Par exemple 06 630 49 25" }
            input id="phone" name="phone" type="tel" inputmode="tel" autocomplete="tel" maxlength="100" required
                value=(form.phone) aria-invalid=[problem.map(|_| "true")]
                aria-describedby=(if problem.is_some() { "exemple probleme" } else { "exemple" });
            label for="name" { "Nom " span.hint { "(facultatif)" } }
            input id="name" name="name" autocomplete="name" maxlength="100" value=(form.name);
            button { (if twin.is_some() { "En commander un autre et payer " } else { "Payer " }) (francs(product.amount)) }
        }
        p { a href="/" { "Retour au catalogue" } }
    };
    let title = if problem.is_some() { format!("Erreur\u{a0}: {}", product.label) } else { product.label.clone() };
    Page::new(title, content)
}

/// Groups of three digits, separated by a narrow no-break space as in French.
pub(crate) fn francs(amount: u64) -> String {
    let digits = amount.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join("\u{202f}") + "\u{a0}FCFA"
}
