//! The layout shared by all pages, and the pages that only show a message.

use ekolopay_serve::Response;
use ekolopay_serve::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use ekolopay_serve::http::{HeaderValue, StatusCode};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::response;

const STYLE: &str = include_str!("style.css");

/// Without `form-action`, which Chromium also applies to the redirect to the shop.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

pub(crate) fn page(status: StatusCode, title: &str, content: &Markup, referrer: &'static str) -> Response {
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
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, referrer),
    ];
    response::html(status, document.into_string(), &headers)
}

/// A page with one sentence.
pub(crate) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    let content = html! {
        h1 { (title) }
        p { (text) }
    };
    page(status, title, &content, "no-referrer")
}

pub(crate) fn not_found(text: &str) -> Response {
    message(StatusCode::NOT_FOUND, "Page introuvable", text)
}

pub(crate) fn not_allowed(allow: &'static str) -> Response {
    let text = format!("Méthode admise\u{a0}: {allow}.");
    let mut response = message(StatusCode::METHOD_NOT_ALLOWED, "Méthode refusée", &text);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    response
}

/// The page of a web server whose program has crashed.
pub(crate) fn error() -> Response {
    message(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Erreur interne du serveur",
        "Cette panne est voulue\u{a0}: voir «\u{a0}trouble\u{a0}».",
    )
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
