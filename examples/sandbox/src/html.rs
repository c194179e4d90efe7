//! The layout shared by all pages, and the pages that only show a message.

use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{Html, IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

const STYLE: &str = include_str!("style.css");

/// Without `form-action`, which Chromium also applies to the redirect to the shop. A page in a frame of another site could
/// make its reader click.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// The content holds the `main` element.
pub(crate) fn page(status: StatusCode, title: &str, content: &Markup) -> Response {
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
                header { p.sandbox role="note" { strong { "Bac à sable." } " Aucun argent ne circule." } }
                (content)
            }
        }
    };
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
        // With `no-referrer` or `same-origin`, Chromium sends forms to the shop with `Origin: null`.
        (REFERRER_POLICY, "origin"),
    ];
    (status, headers, Html(document.into_string())).into_response()
}

pub(crate) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    let content = html! {
        main {
            h1 { (title) }
            p { (text) }
            p { a href="/sandbox" { "Voir tous les paiements" } }
        }
    };
    page(status, title, &content)
}

pub(crate) fn not_found(text: &str) -> Response {
    message(StatusCode::NOT_FOUND, "Page introuvable", text)
}

/// The page of a web server whose program has crashed.
pub(crate) fn error() -> Response {
    let text = "Cette panne est voulue\u{a0}: voir «\u{a0}trouble\u{a0}».";
    message(StatusCode::INTERNAL_SERVER_ERROR, "Erreur interne du serveur", text)
}

pub(crate) fn amount(francs: u64) -> String {
    number(francs) + "\u{a0}FCFA"
}

/// Groups of three digits, separated by a narrow no-break space as in French.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join("\u{202f}")
}

pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
