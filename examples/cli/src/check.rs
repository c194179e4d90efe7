//! `ekolopay check`

use std::time::Duration;

use ekolopay::purchase::PurchaseToken;
use ekolopay::verify::Verification;
use ekolopay::{Error, Gateway};
use serde_json::json;

use crate::arguments::GatewayOptions;
use crate::deadline::Deadline;
use crate::error::CliError;
use crate::exit::Exit;
use crate::printer::{self, Printer};

/// With less time, even a gateway that works could time out.
const MIN_TIMEOUT: Duration = Duration::from_secs(3);

/// A token, and the latest answer about its payment.
struct TokenAnswer {
    token: PurchaseToken,
    answer: Result<Verification, CliError>,
}

pub(crate) fn run(
    options: &GatewayOptions,
    tokens: &[String],
    wait: Option<Duration>,
    printer: &Printer,
) -> Result<Exit, CliError> {
    let gateway = options.gateway()?;
    let mut deadline = wait.map(Deadline::new).transpose()?;
    let mut worst = Exit::Done;
    let mut open = Vec::new();
    for (position, text) in (1..).zip(tokens) {
        match PurchaseToken::new(text) {
            // The answer if the time is over before the first check.
            Ok(token) => open.push(TokenAnswer { token, answer: Err(CliError::OutOfTime) }),
            Err(invalid) => {
                let about = format!("token {position}: ");
                worst = worst.max(printer.error(json!({ "position": position }), &about, &invalid.into())?);
            }
        }
    }
    if let Some(wait) = wait.filter(|_| !open.is_empty()) {
        printer::tell_watcher(&format!("waiting up to {} for a payment", humantime::format_duration(wait)));
    }
    loop {
        let mut unsettled = Vec::new();
        let mut outage = None;
        for mut entry in open {
            if let Some(answer) = check(options, &gateway, &entry.token, deadline.as_ref(), &mut outage) {
                // A last check that ran out of time does not replace an earlier answer.
                let is_late = matches!(&answer, Err(CliError::Sdk(error)) if error.is_timeout());
                if !(is_late && entry.answer.is_ok()) {
                    entry.answer = answer;
                }
            }
            let may_change = match &entry.answer {
                Ok(verification) => matches!(verification, Verification::NotPaid),
                Err(error) => error.may_pass(),
            };
            if deadline.is_some() && may_change {
                unsettled.push(entry);
            } else {
                worst = worst.max(report(&entry, printer)?);
            }
        }
        open = unsettled;
        if open.is_empty() || !deadline.as_mut().is_some_and(Deadline::pause) {
            break;
        }
    }
    for entry in &open {
        worst = worst.max(report(entry, printer)?);
    }
    if worst > Exit::NotPaid {
        printer::tell("An error does not mean \"not paid\": keep the order open.");
    }
    Ok(worst)
}

/// `None` when the time is over. After an outage, the gateway is not asked again.
fn check(
    options: &GatewayOptions,
    gateway: &Gateway,
    token: &PurchaseToken,
    deadline: Option<&Deadline>,
    outage: &mut Option<String>,
) -> Option<Result<Verification, CliError>> {
    if let Some(message) = outage {
        return Some(Err(CliError::Skipped { message: message.clone() }));
    }
    // A check is two exchanges.
    let timeout = match deadline {
        Some(deadline) => (deadline.left()? / 2).max(MIN_TIMEOUT),
        None => options.timeout,
    };
    let answer = if timeout < options.timeout {
        options.gateway_with_timeout(timeout).and_then(|gateway| gateway.check_payment(token))
    } else {
        gateway.check_payment(token)
    };
    if let Err(Error::Unavailable { message, .. }) = &answer {
        *outage = Some(message.clone());
    }
    Some(answer.map_err(CliError::from))
}

fn report(TokenAnswer { token, answer }: &TokenAnswer, printer: &Printer) -> Result<Exit, CliError> {
    let (token, paid) = match answer {
        Ok(Verification::Paid(paid)) => (paid.token(), true),
        Ok(Verification::NotPaid) => (token, false),
        Err(error) => return printer.error(json!({ "purchaseToken": token }), &format!("{token}: "), error),
    };
    let (exit, words) = Exit::of_payment(paid);
    printer.result(&json!({ "purchaseToken": token, "paymentSuccessful": paid }), &format!("{token} {words}"))?;
    Ok(exit)
}
