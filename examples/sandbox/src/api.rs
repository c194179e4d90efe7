//! The two calls of the gateway: create a purchase token, and check a payment.

use ekolopay_serve::{Request, Response};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::form::Form;
use crate::payments::Payment;
use crate::response::json;

/// The value of `API_DATA`, or the `clearMessage` of a refusal. The message is a constant, so it cannot repeat a secret
/// that was sent.
type Answer = Result<Value, &'static str>;

/// The documentation writes the number as `066304925`.
const PHONE: &str = "customer.phone doit être un numéro de téléphone, écrit en chiffres sans espace ni séparateur, \
                     comme 066304925 ou +242066304925.";

pub(crate) fn purchase_token(app: &App, request: &Request) -> Response {
    let answer = authorized(app, request).and_then(|form| {
        let payment = order(&form)?;
        Ok(json!({ "purchaseToken": app.add(payment) }))
    });
    response(answer)
}

pub(crate) fn check_payment(app: &App, request: &Request) -> Response {
    let answer = authorized(app, request).and_then(|form| {
        let token = form.get("purchaseToken").unwrap_or_default();
        let paid = app.payments.check(token).ok_or("purchaseToken inconnu.")?;
        Ok(json!({ "payment_successful": paid }))
    });
    response(answer)
}

fn response(answer: Answer) -> Response {
    let (code, data) = match answer {
        Ok(data) => (200, json!({ "API_DATA": data })),
        Err(message) => (0, json!({ "clearMessage": message })),
    };
    let response = json!({ "API_RESPONSE_CODE": code, "API_RESPONSE_DATA": data });
    json(json!({ "response": response }).to_string())
}

fn authorized(app: &App, request: &Request) -> Result<Form, &'static str> {
    let settings = &app.settings;
    if Form::query(request).get("api_client") != Some(settings.api_client.as_str()) {
        return Err("api_client inconnu.");
    }
    let form = Form::of(request).ok_or("Le corps de la requête doit être en x-www-form-urlencoded.")?;
    if form.get("secret_key") != Some(settings.secret_key.as_str()) {
        return Err("secret_key manquante ou incorrecte.");
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
    let phone = text(&customer, "phone").filter(|phone| dialable(phone)).ok_or(PHONE)?;
    let name = optional(&customer, "name", "customer.name doit être un texte.")?;
    let uuid = optional(&customer, "uuid", "customer.uuid doit être un texte.")?;

    Ok(Payment { details, name, uuid, ..Payment::new(label, amount, phone) })
}

/// Digits only: `parse` would also accept a sign.
fn whole(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| plain)
}

fn dialable(phone: &str) -> bool {
    let digits = phone.strip_prefix('+').unwrap_or(phone);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
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
