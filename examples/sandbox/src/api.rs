//! The two calls of the gateway: create a purchase token, and check a payment.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Extension;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use crate::app::{App, Said};
use crate::form::{Form, kind};
use crate::html::json;
use crate::outcome;
use crate::payments::{Call, Payment};
use crate::server::Request;

/// Why a call is refused: the word for `--plain-errors`, and the `clearMessage`. Both are constants, so they cannot repeat
/// a secret that was sent.
struct Refusal(&'static str, &'static str);

const CLIENT: Refusal = Refusal("INVALID_CLIENT", "api_client inconnu.");
const FORM: Refusal = Refusal("INVALID_REQUEST", "Le corps de la requête doit être en x-www-form-urlencoded.");
const KEY: Refusal = Refusal("INVALID_KEY", "secret_key manquante ou incorrecte.");
const TOKEN: Refusal = Refusal("UNKNOWN_TOKEN", "purchaseToken inconnu.");
/// A shop that looks for the word « numéro » blames its customer.
const MERCHANT: Refusal = Refusal("SUSPENDED_MERCHANT", "Numéro de marchand suspendu.");

/// The documentation writes the number as `"066304925"`.
const PHONE: &str = "customer.phone doit être un numéro de téléphone, entre guillemets, de neuf chiffres dont le \
                     premier est 0, sans indicatif, espace ni séparateur, comme \"066304925\".";

pub(crate) fn purchase_token(app: &Arc<App>, request: &Request) -> Response {
    let answer = |form: &Form| {
        let payment = order(form).map_err(|message| Refusal("INVALID_REQUEST", message))?;
        if payment.phone == outcome::REFUSED {
            return Err(MERCHANT);
        }
        let (own, phone) = (payment.token.clone(), payment.phone.clone());
        let token = app.add(payment);
        if token == own {
            outcome::start(app, &token, &phone);
        }
        Ok(json!({ "purchaseToken": token }))
    };
    call(app, "purchase-token", request, answer)
}

pub(crate) fn check_payment(app: &App, request: &Request) -> Response {
    let answer = |form: &Form| {
        let paid = app.payments.check(form.get("purchaseToken").unwrap_or_default()).ok_or(TOKEN)?;
        Ok(json!({ "payment_successful": paid }))
    };
    call(app, "check-payment", request, answer)
}

/// Answers a call, and keeps it with its payment.
fn call(
    app: &App,
    name: &'static str,
    request: &Request,
    answer: impl FnOnce(&Form) -> Result<Value, Refusal>,
) -> Response {
    let form = Form::of(request);
    let answer = authorized(app, request, form.as_ref()).and_then(answer);
    let said = match (&answer, &form) {
        (Ok(data), _) => format!("accepted: {data}"),
        (Err(Refusal(_, message)), None) => format!("refused: {message} Reçu\u{a0}: «\u{a0}{}\u{a0}».", kind(request)),
        (Err(Refusal(_, message)), Some(form)) if form.get("secret_key").is_none() => {
            let normal = "normal pour le contrôle de disponibilité du SDK";
            format!("refused: {message} Aucune secret_key reçue\u{a0}: {normal}.")
        }
        (Err(Refusal(_, message)), _) => format!("refused: {message}"),
    };
    let token = answer.as_ref().ok().and_then(|data| data["purchaseToken"].as_str()).map(str::to_owned);
    let token = token.or_else(|| form.as_ref()?.get("purchaseToken").map(str::to_owned));
    let (status, reply) = reply(answer, app.settings.plain_errors);
    if let (Some(token), Some(form)) = (token, form) {
        let (at, request, reply) = (SystemTime::now(), form.redacted(), reply.to_string());
        app.payments.called(&token, Call { at, name, request, status: status.as_u16(), reply });
    }
    (Extension(Said(said)), json(status, &reply)).into_response()
}

fn reply(answer: Result<Value, Refusal>, plain_errors: bool) -> (StatusCode, Value) {
    let (code, data) = match answer {
        Ok(data) => (200, json!({ "API_DATA": data })),
        Err(Refusal(reason, message)) if plain_errors => {
            let error = json!({ "code": 0, "reason": reason, "message": message });
            return (StatusCode::INTERNAL_SERVER_ERROR, error);
        }
        Err(Refusal(_, message)) => (0, json!({ "clearMessage": message })),
    };
    (StatusCode::OK, json!({ "response": { "API_RESPONSE_CODE": code, "API_RESPONSE_DATA": data } }))
}

fn authorized<'a>(app: &App, request: &Request, form: Option<&'a Form>) -> Result<&'a Form, Refusal> {
    let settings = &app.settings;
    if Form::query(request).get("api_client") != Some(settings.api_client.as_str()) {
        return Err(CLIENT);
    }
    let form = form.ok_or(FORM)?;
    if form.get("secret_key") != Some(settings.secret_key.as_str()) {
        return Err(KEY);
    }
    Ok(form)
}

fn order(form: &Form) -> Result<Payment, &'static str> {
    let amount =
        form.get("amount").and_then(whole).ok_or("amount doit être un nombre entier positif, écrit en chiffres.")?;
    let product = object(form, "product").ok_or("product doit être un objet JSON.")?;
    let label = text(&product, "label")
        .filter(|label| !label.trim().is_empty())
        .ok_or("product.label doit être un texte non vide.")?;
    if let Some(stated) = product.get("amount") {
        let stated = stated.as_u64().or_else(|| stated.as_str().and_then(whole));
        let stated = stated.ok_or("product.amount doit être un nombre entier positif.")?;
        if stated != amount {
            return Err("product.amount doit être égal à amount.");
        }
    }
    let details = optional(&product, "details", "product.details doit être un texte.")?;

    let customer = object(form, "customer").ok_or("customer doit être un objet JSON.")?;
    let national =
        |phone: &String| phone.len() == 9 && phone.starts_with('0') && phone.bytes().all(|byte| byte.is_ascii_digit());
    let phone = text(&customer, "phone").filter(national).ok_or(PHONE)?;
    let name = optional(&customer, "name", "customer.name doit être un texte.")?;
    let uuid = optional(&customer, "uuid", "customer.uuid doit être un texte.")?;

    Ok(Payment { details, name, uuid, ..Payment::new(label, amount, phone) })
}

/// Digits only: `parse` would also accept a sign.
fn whole(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| plain)
}

fn object(form: &Form, key: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(form.get(key)?).ok()
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key)?.as_str().map(str::to_owned)
}

/// A text that may be left out. `null` is refused.
fn optional(object: &Map<String, Value>, key: &str, refusal: &'static str) -> Result<Option<String>, &'static str> {
    let known = object.contains_key(key);
    let text = text(object, key);
    if known && text.is_none() { Err(refusal) } else { Ok(text) }
}
