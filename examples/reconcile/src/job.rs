//! The job itself: threads that check, and the one that writes.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use ekolopay::Gateway;

use crate::arguments::Patience;
use crate::check::{Finding, check};
use crate::exit::Failure;
use crate::held::{Held, Next};
use crate::output::Output;
use crate::plan::WorkList;
use crate::progress::Progress;
use crate::row::{Order, Outcome, Row};
use crate::stop::Stop;

/// How the job ended; the text is the gateway's, or what went wrong last.
pub(crate) enum Ended {
    Done,
    Unavailable(String),
    NoAnswer(String),
}

/// What a thread tells the one that writes.
type News = io::Result<(Order, Finding)>;

pub(crate) fn run(
    gateway: &Gateway,
    work: WorkList,
    output: &mut Output,
    patience: Patience,
    progress: &Progress,
) -> Result<Ended, Failure> {
    let (work, stop) = (Mutex::new(work), Stop::default());
    // Bounded: a disk that is slow slows the checks down.
    let (sender, news) = sync_channel(usize::from(patience.threads) * 2);
    thread::scope(|scope| {
        for _ in 0..patience.threads {
            let (sender, work, stop) = (sender.clone(), &work, &stop);
            let thread =
                thread::Builder::new().spawn_scoped(scope, move || check_all(gateway, work, patience, stop, &sender));
            if let Err(error) = thread {
                stop.say();
                return Err(Failure::local(format_args!("a thread: {error}")));
            }
        }
        drop(sender);
        let ended = write_all(gateway, news, output, patience, &stop, progress);
        if ended.is_err() {
            stop.say();
        }
        ended
    })
}

fn check_all(gateway: &Gateway, work: &Mutex<WorkList>, patience: Patience, stop: &Stop, news: &SyncSender<News>) {
    while !stop.is_said() {
        let next = work.lock().unwrap_or_else(PoisonError::into_inner).next();
        let found = match next {
            None => return,
            Some(Err(error)) => Err(error),
            Some(Ok(order)) => match check(gateway, &order.token, patience, stop) {
                None => return,
                Some(finding) => Ok((order, finding)),
            },
        };
        if matches!(found, Err(_) | Ok((_, Finding::Unavailable(_)))) {
            // Before it is told: from here on nothing new is sent.
            stop.say();
        }
        if news.send(found).is_err() {
            return;
        }
    }
}

/// Takes the receiver: once it is gone no thread waits to be heard.
fn write_all(
    gateway: &Gateway,
    news: Receiver<News>,
    output: &mut Output,
    patience: Patience,
    stop: &Stop,
    progress: &Progress,
) -> Result<Ended, Failure> {
    let mut held = Held::new(patience.give_up_after);
    let mut known = output.known().cloned();
    let mut ended = Ended::Done;
    let mut write = |rows: Vec<Row>| rows.iter().try_for_each(|row| output.write(row).map(|()| progress.advance()));
    for found in news {
        let (order, finding) = found.map_err(|error| Failure::local(format_args!("the list of work: {error}")))?;
        if matches!(finding, Finding::Known(Outcome::Refused, _)) {
            // Are today's credentials those that an earlier start got an answer with? Asked once.
            if known.take().is_some_and(|token| gateway.check_payment(&token).is_ok()) {
                held.accept();
            }
        }
        let stopped = match finding {
            Finding::Unavailable(text) => Ended::Unavailable(text),
            Finding::Known(outcome, detail) => match held.take(Row { order, outcome, detail }) {
                Next::Write(rows) => {
                    write(rows)?;
                    continue;
                }
                Next::GiveUp(detail) => Ended::NoAnswer(detail),
            },
        };
        stop.say();
        if matches!(ended, Ended::Done) {
            ended = stopped;
        }
    }
    if matches!(ended, Ended::Done) {
        match held.finish() {
            Next::Write(rows) => write(rows)?,
            Next::GiveUp(detail) => ended = Ended::NoAnswer(detail),
        }
    }
    Ok(ended)
}
