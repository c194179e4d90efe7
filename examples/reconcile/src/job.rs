//! The job: threads that check tokens, and the main thread, which writes the rows.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use ekolopay::{Error, Gateway};
use ekolopay_cli::stop::lock;
use indicatif::ProgressBar;

use crate::arguments::Arguments;
use crate::check::{Checked, check};
use crate::error::JobError;
use crate::held_rows::HeldRows;
use crate::output_file::OutputFile;
use crate::pace::Pace;
use crate::row::{OutputRow, Verdict};
use crate::work_list::WorkList;

struct Job {
    gateway: Gateway,
    arguments: Arguments,
    work: Mutex<WorkList>,
    pace: Pace,
}

/// Returns when no token is left, or the job ends early.
pub(crate) fn run(
    gateway: Gateway,
    arguments: Arguments,
    work: WorkList,
    output: &Mutex<OutputFile>,
    bar: &ProgressBar,
) -> Result<(), JobError> {
    let pace = Pace::new(&arguments, bar.clone());
    let job = Arc::new(Job { gateway, arguments, work: Mutex::new(work), pace });
    // Bounded: a slow disk slows the checks down.
    let (sender, receiver) = sync_channel(usize::from(job.arguments.threads) * 2);
    let mut ended = Ok(());
    // No thread takes a token before all have started.
    let held_back = lock(&job.work);
    for _ in 0..job.arguments.threads {
        let (worker, sender) = (Arc::clone(&job), sender.clone());
        if let Err(error) = thread::Builder::new().spawn(move || worker.check_tokens(&sender)) {
            job.pace.stop();
            ended = Err(JobError::local(format_args!("a thread: {error}")));
            break;
        }
    }
    drop((held_back, sender));
    let written = job.write_rows(receiver, output, bar);
    job.pace.stop();
    ended.and(written)
}

impl Job {
    fn check_tokens(&self, sender: &SyncSender<Checked>) {
        loop {
            let next = lock(&self.work).next();
            match next.and_then(|row| check(&self.gateway, row, &self.arguments, &self.pace)) {
                None => return,
                Some(Checked::Later(row)) => lock(&self.work).later(&row),
                Some(checked) => {
                    // Before the message is sent: from here on, no new check starts.
                    if matches!(checked, Checked::Ended(_)) {
                        self.pace.stop();
                    }
                    if sender.send(checked).is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Takes the receiver by value: once it is dropped, no thread waits to send.
    fn write_rows(
        &self,
        receiver: Receiver<Checked>,
        output: &Mutex<OutputFile>,
        bar: &ProgressBar,
    ) -> Result<(), JobError> {
        let mut held = HeldRows::new(self.arguments.give_up_after);
        let mut known = lock(output).known.take();
        let write = |rows: Vec<OutputRow>| {
            let mut output = lock(output);
            rows.iter().try_for_each(|row| output.write(row).map(|()| bar.inc(1)))
        };
        let mut ended = Ok(());
        loop {
            let result = match receiver.recv_timeout(Duration::from_millis(100)) {
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) | Ok(Checked::Later(_)) => {
                    bar.tick();
                    continue;
                }
                Ok(Checked::Ended(error)) => Err(error),
                Ok(Checked::Row(row)) => {
                    if row.verdict == Verdict::Refused && !held.accepted {
                        // Are the credentials as good as in an earlier run?
                        match known.as_ref().map(|token| self.gateway.check_payment(token)) {
                            Some(Ok(_)) => held.accepted = true,
                            Some(Err(Error::Refused { .. })) => known = None,
                            // Nothing is known yet: the next refused token brings the next try.
                            Some(Err(_)) | None => {}
                        }
                    }
                    held.add(row).and_then(write)
                }
            };
            if result.is_err() {
                self.pace.stop();
                ended = ended.and(result);
            }
        }
        ended.and_then(|()| held.finish()).and_then(write)
    }
}
