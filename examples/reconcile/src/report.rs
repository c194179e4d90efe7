//! What people see on the standard error.

use std::fmt::{self, Display, Formatter, Write};
use std::io::{self, Write as _};
use std::time::Duration;

use ekolopay_cli::exit::Exit;
use humantime::format_duration;
use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};

use crate::error::JobError;
use crate::output_file::OutputFile;
use crate::row::Verdict;

const MAX_LISTED: u64 = 20;

/// Unlike `eprintln!`, never panics when the reader is gone.
pub(crate) fn say(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Nothing is shown when the standard error is not a terminal.
pub(crate) fn progress_bar(done: u64, len: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:32} {human_pos} of {human_len}, {rate}, {eta} left{wide_msg}");
    // The rate that comes with indicatif has four decimals.
    let rate = |state: &ProgressState, out: &mut dyn Write| {
        let _ = write!(out, "{:.0}/s", state.per_sec());
    };
    let bar = ProgressBar::new(len).with_position(done);
    bar.reset_eta();
    bar.set_style(style.expect("the template is valid").with_key("rate", rate));
    bar.tick();
    bar
}

/// Says how the job ended and what is in the output. Returns the exit code for it.
pub(crate) fn summary(
    ended: Result<(), JobError>,
    output: &OutputFile,
    before: u64,
    left: u64,
    elapsed: Duration,
) -> Exit {
    let (said, path) = (&output.said, output.path().display());
    for verdict in Verdict::ALL {
        say(format_args!("{:<9} {:>9}", verdict.word(), said.counts[verdict as usize]));
    }
    say(format_args!("{:<9} {:>9}", "left", left));
    let elapsed = format_duration(Duration::from_secs(elapsed.as_secs()));
    let asked = HumanCount(said.rows() - before);
    say(format_args!("Asked {asked} in {elapsed}; {} were there before.", HumanCount(before)));
    let Err(JobError { exit, message }) = ended else {
        if !said.needs_person() {
            say(format_args!("Done: every token is in {path}."));
            return Exit::Done;
        }
        if said.paid_twice.count > 0 {
            let orders = &said.paid_twice;
            say(format_args!(
                "Paid twice: these orders have more than one paid token. Look whether to refund one.{orders}"
            ));
        }
        if said.unknown.count > 0 {
            let rows = &said.unknown;
            say(format_args!("Some rows of {path} are refused or error: those payments are unknown.{rows}"));
            say("To ask about them again, add --again refused,error.");
        }
        say(format_args!("Done, but {path} needs a person."));
        return Exit::Refused;
    };
    match exit {
        Exit::Unavailable => say(format_args!("Stopped: {message}. Run it again to continue.")),
        Exit::Local => {
            say(format_args!("Stopped: this machine, not the gateway, is in trouble: {message}."));
            say("Free what is short (--threads 1 needs less). Then run it again to continue.");
        }
        Exit::Refused => {
            say(format_args!("Gave up: the gateway refused every token. The last answer: {message}"));
            say("Check the credentials. Then run it again to continue.");
            say("If they are right, the gateway does not know these tokens: go on with --give-up-after 0.");
        }
        _ => {
            say(format_args!("Gave up: no usable answer from the gateway. The last error: {message}"));
            say("Check the network and the origin. Then run it again to continue.");
            say("If they are right, the next tokens are the problem: skip them with --give-up-after 0.");
        }
    }
    exit
}

/// The first of many lines, and how many there are.
#[derive(Default)]
pub(crate) struct Listed {
    lines: String,
    pub(crate) count: u64,
}

impl Listed {
    pub(crate) fn add(&mut self, line: impl Display) {
        self.count += 1;
        if self.count <= MAX_LISTED {
            let _ = write!(self.lines, "\n  {line}");
        }
    }
}

impl Display for Listed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.count.saturating_sub(MAX_LISTED) {
            0 => f.write_str(&self.lines),
            more => write!(f, "{}\n  and {} more", self.lines, HumanCount(more)),
        }
    }
}
