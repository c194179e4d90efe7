//! The layout shared by all pages, and the pages that only show a message.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::http::Reply;

const STYLE: &str = include_str!("style.css");

/// Without `form-action`, which Chromium also applies to the redirect to the shop.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

pub(crate) fn page(status: u16, title: &str, content: &Markup) -> Reply {
    let document = html! {
        (DOCTYPE)
        html lang="fr" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – bac à sable EkoloPay" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p.sandbox role="note" {
                        strong { "Bac à sable." } " Aucun argent ne circule."
                    }
                }
                main { (content) }
            }
        }
    };
    Reply::new(status, "text/html; charset=utf-8", document.into_string())
        .with("Content-Security-Policy", POLICY)
        .with("X-Content-Type-Options", "nosniff")
        .with("Cache-Control", "no-store")
}

/// A page with one sentence.
pub(crate) fn message(status: u16, title: &str, text: &str) -> Reply {
    let content = html! {
        h1 { (title) }
        p { (text) }
    };
    page(status, title, &content).with("Referrer-Policy", "no-referrer")
}

pub(crate) fn not_found(text: &str) -> Reply {
    message(404, "Page introuvable", text)
}

pub(crate) fn not_allowed(allow: &str) -> Reply {
    let text = format!("Méthode admise\u{a0}: {allow}.");
    message(405, "Méthode refusée", &text).with("Allow", allow)
}

/// The page of a web server whose program has crashed.
pub(crate) fn error() -> Reply {
    message(500, "Erreur interne du serveur", "Cette panne est voulue\u{a0}: voir «\u{a0}trouble\u{a0}».")
}

/// The answer to what is no acceptable request.
pub(crate) fn refusal(status: u16) -> Reply {
    let text = match status {
        408 => "La requête a tardé à arriver.",
        413 => "Le corps de la requête est trop grand.",
        431 => "Les en-têtes de la requête sont trop grands.",
        503 => "Trop de connexions sont ouvertes.",
        _ => "La requête n’est pas lisible.",
    };
    message(status, "Requête refusée", text)
}

/// Groups of three digits, separated by a narrow no-break space as in French.
pub(crate) fn amount(francs: u64) -> String {
    let digits = francs.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text + "\u{a0}FCFA"
}
