//! `ekolopay check`

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay::purchase::PurchaseToken;
use ekolopay::verify::Verification;
use ekolopay::{Error, Gateway};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::printer::{self, Printer};
use crate::{USER_AGENT, input};
use ekolopay_cli::error::CliError;
use ekolopay_cli::exit::Exit;
use ekolopay_cli::gateway::GatewayOptions;
use ekolopay_cli::stop::{lock, say_at_the_end};
use ekolopay_cli::usage;

/// With less time, even a gateway that works could time out.
const MIN_TIMEOUT: Duration = Duration::from_secs(3);

/// A refusal that repeats for so long is final. A new token may not be known everywhere at once.
const REFUSALS: Duration = Duration::from_secs(10);

/// Of the pauses between two rounds.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// For the last round, which starts when the time is over.
const GRACE: Duration = Duration::from_secs(1);

/// In bytes, on the standard input.
const MAX_TOKENS: u64 = 64 * 1024 * 1024;

/// A token, and the latest answer about its payment.
struct TokenAnswer {
    token: PurchaseToken,
    answer: Result<Verification, CliError>,
    refused_since: Option<Instant>,
}

pub(crate) fn run(
    options: &GatewayOptions,
    tokens: &[String],
    wait: Option<Duration>,
    printer: Printer,
) -> Result<Exit, CliError> {
    let gateway = options.gateway(USER_AGENT)?;
    let tokens = with_standard_input(tokens)?;
    let end = wait.map(|wait| Instant::now().checked_add(wait).ok_or_else(|| CliError::input("wait", "is too long")));
    let end = end.transpose()?;
    let mut worst = Exit::Done;
    let mut open = VecDeque::new();
    for (position, text) in (1..).zip(&tokens) {
        match PurchaseToken::new(text) {
            Ok(token) => open.push_back(TokenAnswer { token, answer: Err(CliError::NotAsked), refused_since: None }),
            Err(invalid) => {
                let about = format!("token {position}: ");
                worst = worst.max(printer.error(json!({ "position": position }), &about, &invalid.into())?);
            }
        }
    }
    let bar = wait.filter(|_| !open.is_empty()).map_or_else(ProgressBar::hidden, progress);
    let open = Arc::new(Mutex::new(open));
    let (known, shown) = (Arc::clone(&open), bar.clone());
    say_at_the_end(move || {
        shown.finish_and_clear();
        let _ = lock(&known).iter().try_for_each(|entry| report(entry, printer).map(drop));
        printer::tell("Stopped: these are the latest answers. They can still change.");
    });
    let mut pause = FIRST_PAUSE;
    loop {
        let mut outage = None;
        let round = lock(&open).len();
        for _ in 0..round {
            let Some(token) = lock(&open).front().map(|entry| entry.token.clone()) else { break };
            let answer = check(options, &gateway, &token, end, &mut outage);
            let mut open = lock(&open);
            let Some(mut entry) = open.pop_front() else { break };
            entry.update(answer);
            if end.is_some() && entry.may_change() {
                open.push_back(entry);
            } else {
                worst = worst.max(bar.suspend(|| report(&entry, printer))?);
            }
        }
        let left = end.map(left).unwrap_or_default();
        if lock(&open).is_empty() || left.is_zero() {
            break;
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(MAX_PAUSE);
    }
    bar.finish_and_clear();
    for entry in lock(&open).drain(..) {
        worst = worst.max(report(&entry, printer)?);
    }
    if worst > Exit::NotPaid {
        printer::tell("An error does not mean \"not paid\": keep the order open.");
    }
    Ok(worst)
}

impl TokenAnswer {
    fn update(&mut self, answer: Option<Result<Verification, CliError>>) {
        let Some(answer) = answer else { return };
        // A last check that ran out of time does not replace an earlier answer.
        let is_late = matches!(&answer, Err(CliError::Sdk(error)) if error.is_timeout());
        if !(is_late && self.answer.is_ok()) {
            self.answer = answer;
        }
        let is_refused = matches!(&self.answer, Err(error) if error.exit() == Exit::Refused);
        self.refused_since = is_refused.then(|| self.refused_since.unwrap_or_else(Instant::now));
    }

    /// Whether another check can end differently.
    fn may_change(&self) -> bool {
        match (&self.answer, self.refused_since) {
            (Ok(verification), _) => matches!(verification, Verification::NotPaid),
            (Err(_), Some(since)) => since.elapsed() < REFUSALS,
            (Err(error), None) => !matches!(error.exit(), Exit::BadInput | Exit::Local),
        }
    }
}

/// The tokens, with those on the standard input in the place of `-`.
fn with_standard_input(tokens: &[String]) -> Result<Vec<String>, CliError> {
    let mut all = tokens.to_vec();
    if let Some(place) = tokens.iter().position(|token| token == "-") {
        let text = input::read(Path::new("-"), "tokens", MAX_TOKENS)?;
        all.splice(place..=place, String::from_utf8_lossy(&text).split_whitespace().map(str::to_owned));
    }
    if all.is_empty() {
        return Err(CliError::input("tokens", "are missing on the standard input"));
    }
    if all.iter().any(|token| usage::is_secret(token)) {
        return Err(CliError::input("tokens", "must not hold the secret key"));
    }
    Ok(all)
}

/// Elapsed time, drawn only on a terminal.
fn progress(wait: Duration) -> ProgressBar {
    let style = ProgressStyle::with_template("waiting for a payment: {elapsed} of {msg}").expect("a template");
    let bar = ProgressBar::new_spinner().with_style(style).with_message(humantime::format_duration(wait).to_string());
    bar.enable_steady_tick(Duration::from_secs(1));
    bar
}

/// `None` when the time is over. After an outage, the gateway is not asked again.
fn check(
    options: &GatewayOptions,
    gateway: &Gateway,
    token: &PurchaseToken,
    end: Option<Instant>,
    outage: &mut Option<String>,
) -> Option<Result<Verification, CliError>> {
    if let Some(message) = outage {
        return Some(Err(CliError::Skipped { message: message.clone() }));
    }
    if end.is_some_and(|end| end.elapsed() >= GRACE) {
        return None;
    }
    // A check is two exchanges.
    let timeout = end.map_or(options.timeout, |end| (left(end) / 2).max(MIN_TIMEOUT));
    let check = |gateway: &Gateway| gateway.check_payment(token).map_err(CliError::from);
    let answer = if timeout < options.timeout {
        GatewayOptions { timeout, ..options.clone() }.gateway(USER_AGENT).and_then(|gateway| check(&gateway))
    } else {
        check(gateway)
    };
    if let Err(CliError::Sdk(Error::Unavailable { message, .. })) = &answer {
        *outage = Some(message.clone());
    }
    Some(answer)
}

fn report(TokenAnswer { token, answer, .. }: &TokenAnswer, printer: Printer) -> Result<Exit, CliError> {
    let (token, paid) = match answer {
        Ok(Verification::Paid(paid)) => (paid.token(), true),
        Ok(Verification::NotPaid) => (token, false),
        Err(error) => return printer.error(json!({ "purchaseToken": token }), &format!("{token}: "), error),
    };
    let (exit, words) = Exit::of_payment(paid);
    printer.result(&json!({ "purchaseToken": token, "paymentSuccessful": paid }), &format!("{token} {words}"))?;
    Ok(exit)
}

fn left(end: Instant) -> Duration {
    end.saturating_duration_since(Instant::now())
}
