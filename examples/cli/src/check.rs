//! `ekolopay check`

use std::time::Duration;

use ekolopay::Error;
use ekolopay::purchase::PurchaseToken;
use ekolopay::verify::Verification;
use serde_json::json;

use crate::arguments::Settings;
use crate::client::Client;
use crate::exit::Code;
use crate::failure::Failure;
use crate::output::{self, Output};
use crate::patience::Patience;

/// A token, and the last that is known about its payment.
struct Open {
    token: PurchaseToken,
    answer: Result<Verification, Failure>,
}

pub(crate) fn run(
    settings: &Settings,
    tokens: &[String],
    wait: Option<Duration>,
    out: &Output,
) -> Result<Code, Failure> {
    let client = Client::new(settings)?;
    let mut patience = wait.map(Patience::new).transpose()?;
    let mut worst = Code::Done;
    let mut open = Vec::new();
    for (position, text) in (1..).zip(tokens) {
        match PurchaseToken::new(text) {
            // What is known of it if the time is over before it is asked about.
            Ok(token) => open.push(Open { token, answer: Err(Failure::OutOfTime) }),
            Err(invalid) => {
                let about = format!("token {position}: ");
                worst = worst.max(out.failure(json!({ "position": position }), &about, &invalid.into())?);
            }
        }
    }
    if let Some(wait) = wait.filter(|_| !open.is_empty()) {
        output::tell_watcher(&format!("waiting up to {} for a payment", humantime::format_duration(wait)));
    }
    loop {
        let mut unsettled = Vec::new();
        let mut outage = None;
        for mut one in open {
            if let Some(answer) = ask(&client, &one.token, patience.as_ref(), &mut outage) {
                // A last look that was cut short takes nothing back.
                let is_late = matches!(&answer, Err(Failure::Gateway(error)) if error.is_timeout());
                if !(is_late && one.answer.is_ok()) {
                    one.answer = answer;
                }
            }
            let may_change = match &one.answer {
                Ok(verification) => matches!(verification, Verification::NotPaid),
                Err(failure) => failure.may_pass(),
            };
            if patience.is_some() && may_change {
                unsettled.push(one);
            } else {
                worst = worst.max(report(&one, out)?);
            }
        }
        open = unsettled;
        let again = !open.is_empty() && patience.as_mut().is_some_and(Patience::pause);
        if !again {
            break;
        }
    }
    for one in &open {
        worst = worst.max(report(one, out)?);
    }
    if worst > Code::NotPaid {
        output::tell("An error does not mean \"not paid\": keep the order open.");
    }
    Ok(worst)
}

/// Asks, unless the time is over (nothing) or the gateway has just said that it is out of service.
fn ask(
    client: &Client,
    token: &PurchaseToken,
    patience: Option<&Patience>,
    outage: &mut Option<String>,
) -> Option<Result<Verification, Failure>> {
    if let Some(message) = outage {
        return Some(Err(Failure::Skipped { message: message.clone() }));
    }
    let left = match patience {
        Some(patience) => Some(patience.left()?),
        None => None,
    };
    let answer = client.check(token, left);
    if let Err(Failure::Gateway(Error::Unavailable { message, .. })) = &answer {
        *outage = Some(message.clone());
    }
    Some(answer)
}

fn report(Open { token, answer }: &Open, out: &Output) -> Result<Code, Failure> {
    let (token, paid) = match answer {
        Ok(Verification::Paid(paid)) => (paid.token(), true),
        Ok(Verification::NotPaid) => (token, false),
        Err(failure) => return out.failure(json!({ "purchaseToken": token }), &format!("{token}: "), failure),
    };
    let words = if paid { "paid" } else { "not paid, or not yet" };
    out.result(&json!({ "purchaseToken": token, "paymentSuccessful": paid }), &format!("{token} {words}"))?;
    Ok(if paid { Code::Done } else { Code::NotPaid })
}
