//! The layout shared by all pages, and the pages that only show a message.

use ekolopay_serve::Response;
use ekolopay_serve::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use ekolopay_serve::http::{HeaderValue, StatusCode};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::limit::PERIOD;
use crate::response;

const STYLE: &str = include_str!("style.css");

/// Without `form-action`, which Chromium also applies to the redirect to the shop. A page in a frame of another site could
/// make its reader click.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

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
                header {
                    p.sandbox role="note" {
                        strong { "Bac à sable." } " Aucun argent ne circule."
                    }
                }
                (content)
            }
        }
    };
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
        // With `no-referrer`, Chromium sends the forms with `Origin: null`.
        (REFERRER_POLICY, "same-origin"),
    ];
    let mut response = response::html(status, document.into_string());
    response.headers_mut().extend(headers.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

/// A page with one sentence, and the way to the dashboard.
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

pub(crate) fn foreign() -> Response {
    message(StatusCode::FORBIDDEN, "Demande refusée", "Ce formulaire vient d’un autre site.")
}

pub(crate) fn misdirected() -> Response {
    let text =
        "La passerelle locale ne répond qu’à localhost, à 127.0.0.1, à [::1] et à l’adresse donnée par --listen.";
    message(StatusCode::MISDIRECTED_REQUEST, "Adresse refusée", text)
}

pub(crate) fn too_many(calls: u32) -> Response {
    let text = format!("Nombre maximal d’appels par seconde\u{a0}: {calls}.");
    let mut response = message(StatusCode::TOO_MANY_REQUESTS, "Trop d’appels", &text);
    response.headers_mut().insert(RETRY_AFTER, PERIOD.as_secs().into());
    response
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

pub(crate) fn amount(francs: u64) -> String {
    number(francs) + "\u{a0}FCFA"
}

/// Groups of three digits, separated by a narrow no-break space as in French.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}
