//! The job: threads that check tokens, and the main thread, which writes the rows.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use ekolopay::purchase::PurchaseToken;
use ekolopay::{Error, Gateway};
use indicatif::ProgressBar;

use crate::arguments::Arguments;
use crate::check::{Checked, check};
use crate::exit::{Ended, JobError};
use crate::held_rows::HeldRows;
use crate::output_file::OutputFile;
use crate::pace::Pace;
use crate::row::{OutputRow, Verdict};
use crate::signals;
use crate::work_list::WorkList;

struct Job {
    gateway: Gateway,
    arguments: Arguments,
    work: Mutex<WorkList>,
    pace: Pace,
    /// A token that an earlier run found paid or not paid. It is checked once: are the credentials as good as then?
    known: Mutex<Option<PurchaseToken>>,
    known_is_answered: AtomicBool,
}

/// A signal ends it without waiting for the threads: they end with the program.
pub(crate) fn run(
    gateway: Gateway,
    arguments: Arguments,
    work: WorkList,
    output: &mut OutputFile,
    bar: &ProgressBar,
) -> Result<Ended, JobError> {
    let pace = Pace::new(&arguments, bar.clone());
    let (work, known) = (Mutex::new(work), Mutex::new(output.known.take()));
    let job = Arc::new(Job { gateway, arguments, work, pace, known, known_is_answered: AtomicBool::default() });
    // Bounded: a slow disk slows the checks down.
    let (sender, receiver) = sync_channel(usize::from(job.arguments.threads) * 2);
    let mut ended = None;
    // No thread takes a token before all have started.
    let held_back = lock(&job.work);
    for _ in 0..job.arguments.threads {
        let (worker, sender) = (Arc::clone(&job), sender.clone());
        if let Err(error) = thread::Builder::new().spawn(move || worker.check_tokens(&sender)) {
            job.pace.stop();
            ended = Some(Ended::Local(format!("a thread: {error}")));
            break;
        }
    }
    drop((held_back, sender));
    let ended = job.write_rows(receiver, output, bar, ended);
    job.pace.stop();
    ended
}

impl Job {
    fn check_tokens(&self, sender: &SyncSender<Checked>) {
        loop {
            let next = lock(&self.work).next();
            let checked = next.and_then(|row| match row {
                Ok(row) => check(&self.gateway, row, &self.arguments, &self.pace),
                Err(error) => Some(Checked::Ended(Ended::Local(format!("the work list: {error}")))),
            });
            match &checked {
                Some(Checked::Row(row)) if row.verdict == Verdict::Refused => self.check_credentials(),
                // Before the message is sent: from here on, no new check starts.
                Some(Checked::Ended(_)) => self.pace.stop(),
                _ => {}
            }
            match checked {
                Some(Checked::Later(row)) => lock(&self.work).later.push_back(row),
                Some(checked) => {
                    if sender.send(checked).is_err() {
                        return;
                    }
                }
                None => return,
            }
        }
    }

    fn check_credentials(&self) {
        let mut known = lock(&self.known);
        match known.as_ref().map(|token| self.gateway.check_payment(token)) {
            Some(Ok(_)) => self.known_is_answered.store(true, SeqCst),
            Some(Err(Error::Refused { .. })) => {}
            // Nothing is known yet: the next refused token brings the next try.
            Some(Err(_)) | None => return,
        }
        *known = None;
    }

    /// Takes the receiver by value: once it is dropped, no thread waits to send.
    fn write_rows(
        &self,
        receiver: Receiver<Checked>,
        output: &mut OutputFile,
        bar: &ProgressBar,
        mut ended: Option<Ended>,
    ) -> Result<Ended, JobError> {
        let mut held = HeldRows::new(self.arguments.give_up_after);
        let mut write = |rows: Vec<OutputRow>| rows.iter().try_for_each(|row| output.write(row).map(|()| bar.inc(1)));
        loop {
            let checked = receiver.recv_timeout(signals::LOOK_EVERY);
            if let Some(exit) = signals::received() {
                return Ok(Ended::Signal(exit));
            }
            let stopped = match checked {
                Err(RecvTimeoutError::Timeout) | Ok(Checked::Later(_)) => {
                    bar.tick();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Ok(Checked::Ended(ended)) => ended,
                Ok(Checked::Row(row)) => {
                    held.accepted |= self.known_is_answered.load(SeqCst);
                    match held.add(row) {
                        Ok(rows) => {
                            write(rows)?;
                            continue;
                        }
                        Err(detail) => Ended::NoAnswer(detail),
                    }
                }
            };
            self.pace.stop();
            ended.get_or_insert(stopped);
        }
        if let Some(ended) = ended {
            return Ok(ended);
        }
        match held.finish() {
            Ok(rows) => write(rows).map(|()| Ended::Done),
            Err(detail) => Ok(Ended::NoAnswer(detail)),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
