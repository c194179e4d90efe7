//! The page for the shop's developer: the payments, their callbacks, and the switch for the service.

use std::time::SystemTime;

use ekolopay_serve::http::StatusCode;
use ekolopay_serve::{Request, Response};
use maud::{Markup, html};

use crate::app::App;
use crate::form::Form;
use crate::payments::{Notification, Page, Payment, PaymentState, Settlement};
use crate::response::see_other;
use crate::{callback, html as pages};

/// What the address asks for: a search, and a page of its results.
struct View {
    search: String,
    page: usize,
}

impl View {
    fn of(request: &Request) -> Self {
        let query = Form::query(request);
        let search = query.get("q").unwrap_or_default().trim().to_owned();
        let page = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        Self { search, page }
    }

    /// The address of a page of this search.
    fn url(&self, path: &str, page: usize) -> String {
        let page = if page > 1 { page.to_string() } else { String::new() };
        let pairs = [("q", &self.search), ("page", &page)].into_iter().filter(|(_, value)| !value.is_empty());
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    fn again(&self) -> Response {
        see_other(&self.url("/sandbox", self.page))
    }
}

pub(crate) fn show(app: &App, request: &Request) -> Response {
    let view = View::of(request);
    let page = app.payments.search(&view.search, view.page);
    let view = View { page: page.number, ..view };
    let settings = &app.settings;
    let callback = settings.callback_url.as_deref();
    let in_service = app.in_service();
    let (state, action) =
        if in_service { ("En service", "Mettre hors service") } else { ("Hors service", "Remettre en service") };
    let content = html! {
        main.wide {
            h1 { "Passerelle EkoloPay locale" }
            section.card {
                form.row method="post" action=(view.url("/sandbox/service", view.page)) {
                    span.state.paid[in_service].failed[!in_service] { (state) }
                    button name="in_service" value=(!in_service) { (action) }
                }
                dl {
                    div { dt { "api_client" } dd { (settings.api_client) } }
                    div { dt { "Callback" } dd { (callback.unwrap_or("aucun")) } }
                    div { dt { "Redirection" } dd { (settings.redirect_url.as_deref().unwrap_or("aucune")) } }
                }
            }
            div.row {
                h2 { "Paiements" }
                form.search action="/sandbox" role="search" {
                    input type="search" name="q" value=(view.search) aria-label="Token, libellé ou numéro"
                        placeholder="Token, libellé ou numéro";
                    button { "Rechercher" }
                }
            }
            (results(&page, &view))
            @if !page.payments.is_empty() {
                ol.card.list {
                    @for payment in &page.payments { (row(payment, callback.is_some(), &view)) }
                }
            }
            @if page.pages > 1 { (links(&page, &view)) }
        }
    };
    pages::page(StatusCode::OK, "Passerelle locale", &content)
}

pub(crate) fn switch_service(app: &App, request: &Request) -> Response {
    let form = Form::of(request);
    match form.as_ref().and_then(|form| form.get("in_service")) {
        Some("true") => app.set_in_service(true),
        Some("false") => app.set_in_service(false),
        _ => {
            let text = "Il manque «\u{a0}in_service\u{a0}».";
            return pages::message(StatusCode::BAD_REQUEST, "Demande incomplète", text);
        }
    }
    View::of(request).again()
}

pub(crate) fn send_callback(app: &App, request: &Request, token: &str) -> Response {
    let Some(payment) = app.payments.get(token) else {
        return pages::not_found("Ce paiement n’existe pas, ou n’existe plus.");
    };
    match payment.state {
        PaymentState::Settled(settlement) if app.settings.callback_url.is_some() => {
            callback::send(app, token, settlement);
            View::of(request).again()
        }
        _ => pages::message(StatusCode::CONFLICT, "Rien à envoyer", "Le paiement est en attente, ou sans callback."),
    }
}

fn results(page: &Page, view: &View) -> Markup {
    let payments = |count: usize| {
        let plural = if count > 1 { "s" } else { "" };
        format!("{}\u{a0}paiement{plural}", pages::number(count as u64))
    };
    html! {
        p.muted {
            @match (page.total, view.search.as_str()) {
                (0, "") => "Aucun paiement pour l’instant.",
                (count, "") => (payments(count)),
                (0, search) => { "Aucun paiement pour «\u{a0}" (search) "\u{a0}». " },
                (count, search) => { (payments(count)) " pour «\u{a0}" (search) "\u{a0}». " },
            }
            @if !view.search.is_empty() { a href="/sandbox" { "Tout afficher" } }
        }
    }
}

fn row(payment: &Payment, callback: bool, view: &View) -> Markup {
    let (class, state) = match payment.state {
        PaymentState::Pending => ("state", "En attente"),
        PaymentState::Settled(Settlement::Paid) => ("state paid", Settlement::Paid.title()),
        PaymentState::Settled(settlement) => ("state failed", settlement.title()),
    };
    let token = &payment.token;
    html! {
        li {
            div { span class=(class) { (state) } }
            div {
                a href={ "/purchase-product/" (token) } { (payment.label) }
                br; code.muted { (token) }
            }
            strong { (pages::amount(payment.amount)) }
            div {
                (payment.phone)
                @if let Some(name) = &payment.name { br; (name) }
            }
            div {
                @if let Some(last) = payment.notifications.last() {
                    p.muted { (line(last, payment.notifications.len())) }
                }
                @if callback && payment.state != PaymentState::Pending {
                    form method="post" action=(view.url(&format!("/sandbox/callback/{token}"), view.page)) {
                        button { "Renvoyer le callback" }
                    }
                }
            }
        }
    }
}

fn links(page: &Page, view: &View) -> Markup {
    let number = page.number;
    html! {
        nav.row aria-label="Pages" {
            @if number > 1 { a.button href=(view.url("/sandbox", number - 1)) { "← Plus récents" } }
            span { "Page\u{a0}" (number) " sur\u{a0}" (page.pages) }
            @if number < page.pages { a.button href=(view.url("/sandbox", number + 1)) { "Plus anciens →" } }
        }
    }
}

/// The last callback, and how many were sent.
fn line(last: &Notification, sent: usize) -> String {
    let seconds = last.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    let result = match &last.result {
        Ok(status) => format!("HTTP\u{a0}{status}"),
        Err(error) => error.clone(),
    };
    let count = if sent > 1 { format!(" ({sent}\u{a0}envois)") } else { String::new() };
    format!("{hours:02}:{minutes:02}:{:02}\u{a0}UTC\u{a0}: {result}{count}", seconds % 60)
}
