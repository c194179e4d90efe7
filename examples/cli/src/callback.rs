//! `ekolopay callback`

use std::path::Path;

use anyhow::{Result, anyhow};
use ekolopay::Error;
use ekolopay::callback::Callback;
use ekolopay::verify::Verification;
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::gateway::GatewayOptions;
use crate::input;
use crate::printer::{Printer, tell};

/// In bytes. A callback is far shorter.
pub(crate) const MAX_BODY: u64 = 64 * 1024;

pub(crate) fn run(options: &GatewayOptions, file: &Path, verify: bool, printer: Printer) -> Result<Exit> {
    let body = input::read(file, "callback", MAX_BODY)?;
    // Editors and `echo` end a file with a line break. It is not part of the form, which would write it as `%0A`.
    let callback = parse(body.trim_ascii_end())?;
    if verify {
        let gateway = options.gateway()?;
        printer.words(&words(&callback))?;
        return print_answer(json(&callback), &callback, gateway.check_payment(callback.purchase_token()), printer);
    }
    let mut json = json(&callback);
    json["verified"] = false.into();
    printer.result(&json, &format!("{}\nNot verified: --verify asks the gateway.", words(&callback)))?;
    Ok(Exit::Done)
}

pub(crate) fn parse(body: &[u8]) -> Result<Callback> {
    let is_json = body.trim_ascii_start().starts_with(b"{");
    let hint = if is_json { " (a form is expected; this looks like JSON)" } else { "" };
    Callback::parse(body).map_err(|invalid| anyhow!("{invalid}{hint}"))
}

pub(crate) fn words(callback: &Callback) -> String {
    format!(
        "The callback claims, and anyone can post one:\n  purchaseToken      {}\n  paymentSuccessful  {}\n  \
         status             {:?}\n  message            {:?}",
        callback.purchase_token(),
        callback.claims_success(),
        callback.status().as_str(),
        callback.message()
    )
}

pub(crate) fn json(callback: &Callback) -> Value {
    json!({ "claim": {
        "purchaseToken": callback.purchase_token(), "paymentSuccessful": callback.claims_success(),
        "status": callback.status().as_str(), "message": callback.message(),
    } })
}

/// Prints what the gateway says about the claim. `known` is the JSON so far.
pub(crate) fn print_answer(
    mut known: Value,
    callback: &Callback,
    answer: Result<Verification, Error>,
    printer: Printer,
) -> Result<Exit> {
    let claims = callback.claims_success();
    known["purchaseToken"] = json!(callback.purchase_token());
    known["verified"] = answer.is_ok().into();
    match answer {
        Ok(verification) => {
            let paid = matches!(verification, Verification::Paid(_));
            known["agrees"] = (paid == claims).into();
            known["paymentSuccessful"] = paid.into();
            let (exit, says) = Exit::of_payment(paid);
            let but = if paid == claims { "" } else { "\nThe callback DISAGREES: believe the gateway." };
            printer.result(&known, &format!("The gateway says: {says}{but}"))?;
            Ok(exit)
        }
        Err(error) => {
            let exit = printer.error(known, "", &error.into())?;
            tell("The claim is not verified, and this error does not mean \"not paid\".");
            Ok(exit)
        }
    }
}
