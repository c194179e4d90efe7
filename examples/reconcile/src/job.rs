//! The job: threads that check tokens, and the main thread, which writes the rows.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use ekolopay::Gateway;
use indicatif::ProgressBar;

use crate::arguments::Arguments;
use crate::check::{Checked, check};
use crate::exit::JobError;
use crate::held_rows::HeldRows;
use crate::output_file::OutputFile;
use crate::row::{OutputRow, Verdict};
use crate::stop_signal::StopSignal;
use crate::work_list::WorkList;

/// How the job ended; the text is the gateway's, or the last error.
pub(crate) enum Ended {
    Done,
    Unavailable(String),
    NoAnswer(String),
}

struct Job<'a> {
    gateway: &'a Gateway,
    arguments: &'a Arguments,
    work: Mutex<WorkList>,
    stop: StopSignal,
}

pub(crate) fn run(
    gateway: &Gateway,
    arguments: &Arguments,
    work: WorkList,
    output: &mut OutputFile,
    bar: &ProgressBar,
) -> Result<Ended, JobError> {
    let job = Job { gateway, arguments, work: Mutex::new(work), stop: StopSignal::default() };
    // Bounded: a slow disk slows the checks down.
    let (sender, receiver) = sync_channel(usize::from(arguments.threads) * 2);
    thread::scope(|scope| {
        for _ in 0..arguments.threads {
            let (job, sender) = (&job, sender.clone());
            if let Err(error) = thread::Builder::new().spawn_scoped(scope, move || job.check_tokens(&sender)) {
                job.stop.set();
                return Err(JobError::local(format_args!("a thread: {error}")));
            }
        }
        drop(sender);
        let ended = job.write_rows(receiver, output, bar);
        if ended.is_err() {
            job.stop.set();
        }
        ended
    })
}

impl Job<'_> {
    fn check_tokens(&self, sender: &SyncSender<Checked>) {
        while !self.stop.is_set() {
            let next = self.work.lock().unwrap_or_else(PoisonError::into_inner).rows.next();
            let checked = next.and_then(|row| match row {
                Ok(row) => check(self.gateway, row, self.arguments, &self.stop),
                Err(error) => Some(Checked::Broken(error)),
            });
            let Some(checked) = checked else { return };
            if !matches!(checked, Checked::Row(_)) {
                // Set before the message is sent: from here on, no new check starts.
                self.stop.set();
            }
            if sender.send(checked).is_err() {
                return;
            }
        }
    }

    /// Takes the receiver by value: once it is dropped, no thread waits to send.
    fn write_rows(
        &self,
        receiver: Receiver<Checked>,
        output: &mut OutputFile,
        bar: &ProgressBar,
    ) -> Result<Ended, JobError> {
        let mut held = HeldRows::new(self.arguments.give_up_after);
        let mut known = output.known.take();
        let mut ended = None;
        let mut write = |rows: Vec<OutputRow>| rows.iter().try_for_each(|row| output.write(row).map(|()| bar.inc(1)));
        for checked in receiver {
            let stopped = match checked {
                Checked::Broken(error) => return Err(JobError::local(format_args!("the work list: {error}"))),
                Checked::Unavailable(text) => Ended::Unavailable(text),
                Checked::Row(row) => {
                    // Are the credentials as good as those of the earlier run? Checked once.
                    if row.verdict == Verdict::Refused
                        && known.take().is_some_and(|token| self.gateway.check_payment(&token).is_ok())
                    {
                        held.accepted = true;
                    }
                    match held.add(row) {
                        Ok(rows) => {
                            write(rows)?;
                            continue;
                        }
                        Err(detail) => Ended::NoAnswer(detail),
                    }
                }
            };
            self.stop.set();
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
