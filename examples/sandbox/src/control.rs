//! The control by JSON, for tests in any language. The dashboard uses it by forms.

use std::time::SystemTime;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::{Value, json};

use crate::app::{App, NO_ADDRESS};
use crate::callback;
use crate::form::Form;
use crate::html::json;
use crate::payments::{Call, Notification, Payment, PaymentState, Settlement};
use crate::server::Request;

pub(crate) const UNKNOWN: &str = "Ce paiement n’existe pas, ou n’existe plus.";

/// The status of a refusal, and its sentence.
type Refusal = (StatusCode, &'static str);

/// Answers a request for a path under `/sandbox/api`.
pub(crate) fn answer(app: &App, request: &Request, method: &str, path: &[&str]) -> Response {
    let answer = match (method, path) {
        ("GET", ["payments"]) => Ok(json!({ "payments": app.payments.all().iter().map(summary).collect::<Vec<_>>() })),
        ("DELETE", ["payments"]) => {
            app.set_in_service(true);
            Ok(json!({ "deleted": app.payments.clear() }))
        }
        ("GET", ["payments", token]) => shown(app, token),
        ("POST", ["payments", token, "settle"]) => settle(app, token, request),
        ("POST", ["payments", token, "callback"]) => match callback::again(app, token) {
            Some(false) => {
                Err((StatusCode::CONFLICT, "Rien à envoyer\u{a0}: le paiement est en attente, ou sans callback."))
            }
            _ => shown(app, token),
        },
        ("GET", ["service"]) => Ok(json!({ "available": app.in_service() })),
        ("PUT" | "POST", ["service"]) => switch_service(app, request),
        _ => Err((StatusCode::NOT_FOUND, NO_ADDRESS)),
    };
    match answer {
        Err((status, sentence)) => json(status, &json!({ "error": sentence })),
        // From the dashboard. `curl -d` names the same type for JSON.
        Ok(_) if Form::of(request).is_some() && !request.body().starts_with(b"{") => {
            Redirect::to("/sandbox").into_response()
        }
        Ok(value) => json(StatusCode::OK, &value),
    }
}

fn settle(app: &App, token: &str, request: &Request) -> Result<Value, Refusal> {
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let missing =
        (StatusCode::BAD_REQUEST, "Il faut du JSON\u{a0}: {\"outcome\": \"paid\"}, ou failed, rejected, timeout.");
    let settlement = body["outcome"].as_str().and_then(Settlement::named).ok_or(missing)?;
    match app.settle(token, settlement) {
        Some(false) => Err((StatusCode::CONFLICT, "Ce paiement est déjà terminé.")),
        _ => shown(app, token),
    }
}

fn switch_service(app: &App, request: &Request) -> Result<Value, Refusal> {
    let available = match serde_json::from_slice::<Value>(request.body()) {
        Ok(body) => body["available"].as_bool(),
        Err(_) => Form::of(request).and_then(|form| form.get("available")?.parse().ok()), // the dashboard's
    };
    let available = available.ok_or((StatusCode::BAD_REQUEST, "Il manque available\u{a0}: true ou false."))?;
    app.set_in_service(available);
    Ok(json!({ "available": available }))
}

/// A payment with its calls and callbacks.
fn shown(app: &App, token: &str) -> Result<Value, Refusal> {
    let payment = app.payments.get(token);
    let payment = payment.ok_or((StatusCode::NOT_FOUND, UNKNOWN))?;
    let mut value = summary(&payment);
    value["calls"] = payment.calls.iter().map(call).collect();
    value["callbacks"] = payment.notifications.iter().map(notification).collect();
    Ok(value)
}

fn summary(payment: &Payment) -> Value {
    let state = match payment.state {
        PaymentState::Pending => "pending",
        PaymentState::Settled(settlement) => settlement.words().name,
    };
    json!({
        "token": payment.token,
        "state": state,
        "amount": payment.amount,
        "label": payment.label,
        "details": payment.details,
        "phone": payment.phone,
        "name": payment.name,
        "uuid": payment.uuid,
    })
}

fn call(call: &Call) -> Value {
    // It was JSON when it was sent.
    let reply: Value = serde_json::from_str(&call.reply).unwrap_or_default();
    json!({ "at": unix(call.at), "call": call.name, "request": call.request, "status": call.status, "reply": reply })
}

fn notification(sent: &Notification) -> Value {
    let (status, error) = (sent.result.as_ref().ok(), sent.result.as_ref().err());
    json!({
        "at": unix(sent.at), "body": sent.body, "status": status, "error": error, "reply": sent.reply, "seconds": sent.elapsed.as_secs_f64(),
    })
}

/// In seconds.
pub(crate) fn unix(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
