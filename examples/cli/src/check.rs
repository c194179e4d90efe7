//! `ekolopay check`

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result, anyhow, ensure};
use ekolopay::Gateway;
use ekolopay::purchase::PurchaseToken;
use ekolopay::verify::Verification;
use serde_json::json;

use crate::exit::{Coded, Exit};
use crate::gateway::GatewayOptions;
use crate::printer::{Printer, tell};
use crate::{input, is_secret};

/// A refusal that repeats for so long is final. A new token may not be known everywhere at once.
const REFUSALS: Duration = Duration::from_secs(10);
/// Of the pauses between two rounds.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// A token, and the latest answer about its payment.
struct Open {
    token: PurchaseToken,
    answer: Result<Verification>,
    refused_since: Option<Instant>,
}

pub(crate) fn run(
    options: &GatewayOptions,
    tokens: &[String],
    wait: Option<Duration>,
    printer: Printer,
) -> Result<Exit> {
    let gateway = options.gateway()?;
    let tokens = with_standard_input(tokens)?;
    let end = wait.map(|wait| Instant::now().checked_add(wait).context("wait is too long")).transpose()?;
    let (mut worst, mut open) = (Exit::Done, Vec::new());
    for (position, text) in (1..).zip(&tokens) {
        let token = PurchaseToken::new(text).map_err(|invalid| anyhow!("token {position}: {invalid}"))?;
        let answer = Err(Coded(Exit::NoAnswer, "not asked before the end".to_owned()).into());
        open.push(Open { token, answer, refused_since: None });
    }
    if let Some(wait) = wait {
        tell(&format!("Waiting at most {} for a payment.", humantime::format_duration(wait)));
    }
    let is_over = || end.is_some_and(|end| end <= Instant::now());
    let mut pause = FIRST_PAUSE;
    while !open.is_empty() {
        let mut still_open = Vec::new();
        for mut entry in open {
            // A check that began in time is finished.
            if !is_over() {
                entry.check(&gateway);
            }
            if end.is_none() || is_over() || !entry.may_change() {
                worst = worst.max(report(&entry, printer)?);
            } else {
                still_open.push(entry);
            }
        }
        open = still_open;
        if let Some(end) = end.filter(|_| !open.is_empty()) {
            thread::sleep(pause.min(end.saturating_duration_since(Instant::now())));
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }
    if worst > Exit::NotPaid {
        tell("An error does not mean \"not paid\": keep the order open.");
    }
    Ok(worst)
}

impl Open {
    fn check(&mut self, gateway: &Gateway) {
        self.answer = gateway.check_payment(&self.token).map_err(Error::from);
        let is_refused = matches!(&self.answer, Err(error) if Exit::of(error) == Exit::Look);
        self.refused_since = is_refused.then(|| self.refused_since.unwrap_or_else(Instant::now));
    }

    /// Whether another check can end differently.
    fn may_change(&self) -> bool {
        match (&self.answer, self.refused_since) {
            (Ok(verification), _) => matches!(verification, Verification::NotPaid),
            (Err(_), Some(since)) => since.elapsed() < REFUSALS,
            (Err(error), None) => Exit::of(error) < Exit::Look,
        }
    }
}

/// The tokens, with those on the standard input in the place of `-`.
fn with_standard_input(tokens: &[String]) -> Result<Vec<String>> {
    let mut all = tokens.to_vec();
    if let Some(place) = tokens.iter().position(|token| token == "-") {
        let text = input::read(Path::new("-"), "tokens", 64 * 1024 * 1024)?;
        all.splice(place..=place, String::from_utf8_lossy(&text).split_whitespace().map(str::to_owned));
    }
    ensure!(!all.is_empty(), "tokens are missing on the standard input");
    ensure!(!all.iter().any(|token| is_secret(token)), "tokens must not hold the secret key");
    Ok(all)
}

fn report(Open { token, answer, .. }: &Open, printer: Printer) -> Result<Exit> {
    let (token, paid) = match answer {
        Ok(Verification::Paid(paid)) => (paid.token(), true),
        Ok(Verification::NotPaid) => (token, false),
        Err(error) => return printer.error(json!({ "purchaseToken": token }), &format!("{token}: "), error),
    };
    let (exit, words) = Exit::of_payment(paid);
    printer.result(&json!({ "purchaseToken": token, "paymentSuccessful": paid }), &format!("{token} {words}"))?;
    Ok(exit)
}
