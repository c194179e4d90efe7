//! The checks: threads that share a list, and what each answer leads to.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use std::{mem, thread};

use anyhow::Error;
use ekolopay::purchase::PurchaseToken;
use ekolopay::verify::Verification;
use ekolopay::{Error as SdkError, Gateway};
use indicatif::ProgressBar;

use super::list::List;
use super::output::{Answer, Output};
use crate::exit::{self, Coded, Exit};
use crate::printer::printable;
use crate::stop::lock;

/// After a check without an answer, its thread pauses. The pause doubles until an answer comes.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const MAX_PAUSE: Duration = Duration::from_secs(8);
/// How many tokens show whether the gateway accepts the key.
const FIRST: usize = 10;
/// So often are tokens tried of which none gets an answer, though all others did.
const FRUITLESS: u32 = 3;

pub(super) struct Night {
    pub(super) gateway: Gateway,
    pub(super) list: List,
    pub(super) threads: usize,
    pub(super) wait: Duration,
    pub(super) bar: ProgressBar,
    pub(super) book: Mutex<Book>,
    pub(super) ended: Condvar,
}

/// What is known so far.
pub(super) struct Book {
    pub(super) output: Output,
    /// For each row of the list, what stands in the output.
    pub(super) answers: Vec<Option<Answer>>,
    /// Refusals, which wait until the gateway has accepted the key.
    pub(super) held: Vec<(u32, Answer, SystemTime, String)>,
    /// Whether it has, or refusals are accepted: some token was paid or not paid in this run.
    pub(super) is_key_known: bool,
    pub(super) last_answer: Instant,
    /// Why no check begins any more.
    pub(super) end: Option<Error>,
}

/// A row of the list without an answer, and why.
pub(super) type Unanswered = (u32, String);

impl Night {
    /// Asks about these rows. Returns those that get no answer; the book says when it ended early.
    pub(super) fn run(&self, rows: &[u32]) -> Vec<Unanswered> {
        // All over the list, which may begin with tokens that the gateway does not know.
        let is_first = |at: usize| rows.len() <= FIRST || (at * FIRST) % rows.len() < FIRST;
        let part = |first| (0..rows.len()).filter(move |at| is_first(*at) == first).map(|at| rows[at]);
        let failed = self.pass(&part(true).collect::<Vec<_>>());
        if !lock(&self.book).held.is_empty() {
            self.end(Coded(Exit::Look, "the gateway refused the first tokens".to_owned()).into());
        }
        let mut left: Vec<u32> = part(false).chain(failed.into_iter().map(|(row, _)| row)).collect();
        let mut fruitless = 0;
        loop {
            let failed = self.pass(&left);
            let is_answered = lock(&self.book).answers.iter().any(Option::is_some);
            fruitless = if failed.len() == left.len() && is_answered { fruitless + 1 } else { 0 };
            if failed.is_empty() || fruitless == FRUITLESS || !self.pause(FIRST_PAUSE * 8 * fruitless) {
                return failed;
            }
            left = failed.into_iter().map(|(row, _)| row).collect();
        }
    }

    /// Asks about each row once, or until there is a gateway. Returns those without a usable answer.
    fn pass(&self, rows: &[u32]) -> Vec<Unanswered> {
        let next = AtomicUsize::new(0);
        let failed = Mutex::new(Vec::new());
        thread::scope(|scope| {
            // None begins before all have started.
            let begin = lock(&self.book);
            let start = |_| thread::Builder::new().spawn_scoped(scope, || self.ask(rows, &next, &failed)).map(drop);
            let started = (0..self.threads.min(rows.len())).try_for_each(start);
            drop(begin);
            if let Err(error) = started {
                self.end(Error::new(error).context("a thread cannot be started"));
            }
        });
        mem::take(&mut lock(&failed))
    }

    fn ask(&self, rows: &[u32], next: &AtomicUsize, failed: &Mutex<Vec<Unanswered>>) {
        let mut pause = FIRST_PAUSE;
        while let Some(&row) = rows.get(next.fetch_add(1, Relaxed)) {
            let Ok(token) = PurchaseToken::new(self.list.token(row)) else { continue };
            while self.pause(Duration::ZERO) {
                let (answer, why) = match self.gateway.check_payment(&token) {
                    Ok(Verification::Paid(_)) => (Answer::Paid, String::new()),
                    Ok(Verification::NotPaid) => (Answer::NotPaid, String::new()),
                    Err(error) if exit::is_local(&error) => {
                        self.end(error.into());
                        break;
                    }
                    Err(error @ SdkError::Refused { .. }) if !is_busy(&error) => (Answer::Refused, reason(error)),
                    Err(error) => {
                        // If the call may have left, the check before it has found the gateway.
                        let has_gateway = error.may_have_acted() && !is_busy(&error);
                        let why = reason(error);
                        self.unanswered(&why);
                        self.pause(pause.min(self.wait));
                        pause = (pause * 2).min(MAX_PAUSE);
                        if !has_gateway {
                            continue;
                        }
                        lock(failed).push((row, why));
                        break;
                    }
                };
                self.answered(row, answer, why);
                pause = FIRST_PAUSE;
                break;
            }
        }
    }

    fn answered(&self, row: u32, answer: Answer, why: String) {
        let mut book = lock(&self.book);
        book.last_answer = Instant::now();
        if !self.bar.message().is_empty() {
            self.bar.set_message("");
        }
        book.held.push((row, answer, SystemTime::now(), why));
        book.is_key_known |= answer != Answer::Refused;
        if !book.is_key_known {
            return;
        }
        for (row, answer, at, why) in mem::take(&mut book.held) {
            if let Err(error) = book.output.write(&self.list, row, answer, at, &why) {
                book.end.get_or_insert(error);
                self.ended.notify_all();
                return;
            }
            book.answers[row as usize] = Some(answer);
            self.bar.inc(1);
        }
    }

    /// Ends the run if there has been no answer for too long.
    fn unanswered(&self, why: &str) {
        self.bar.set_message(format!(", waiting: {}", why.rsplit(": ").next().unwrap_or(why)));
        if lock(&self.book).last_answer.elapsed() >= self.wait {
            let wait = humantime::format_duration(self.wait);
            self.end(Coded(Exit::NoAnswer, format!("no answer for {wait}: {why}")).into());
        }
    }

    fn end(&self, error: Error) {
        lock(&self.book).end.get_or_insert(error);
        self.ended.notify_all();
    }

    /// Returns whether the run goes on.
    fn pause(&self, time: Duration) -> bool {
        let paused = self.ended.wait_timeout_while(lock(&self.book), time, |book| book.end.is_none());
        paused.unwrap_or_else(PoisonError::into_inner).0.end.is_none()
    }
}

/// The answers of a front that cannot reach the gateway, or wants fewer requests.
fn is_busy(error: &SdkError) -> bool {
    let (SdkError::Refused { status, .. } | SdkError::UnexpectedReply { status, .. }) = error else { return false };
    matches!(status, 429 | 502..=504 | 520..=527 | 530)
}

/// The error, its causes and what to do, on one line.
fn reason(error: SdkError) -> String {
    let tip = exit::advice(&error).map(|tip| format!(": {tip}")).unwrap_or_default();
    printable(&format!("{:#}{tip}", Error::from(error)).chars().take(300).collect::<String>()).replace('\n', "\\n")
}
