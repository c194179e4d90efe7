//! What people see on the standard error.

use std::fmt::{Display, Write};
use std::io::{self, Write as _};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::exit::Exit;
use crate::job::Ended;
use crate::output_file::OutputFile;
use crate::row::Verdict;

/// Unlike `eprintln!`, never panics when the reader is gone.
pub(crate) fn say(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Nothing is shown when the standard error is not a terminal.
pub(crate) fn progress_bar(len: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:32} {human_pos} of {human_len}, {rate}, {eta} left");
    // The rate that comes with indicatif has four decimals.
    let rate = |state: &ProgressState, out: &mut dyn Write| {
        let _ = write!(out, "{:.0}/s", state.per_sec());
    };
    let bar = ProgressBar::new(len);
    bar.set_style(style.expect("the template is valid").with_key("rate", rate));
    bar.tick();
    bar
}

/// Says how the job ended and what is in the output. Returns the exit code for it.
pub(crate) fn summary(ended: &Ended, output: &OutputFile, left: u64) -> Exit {
    for verdict in Verdict::ALL {
        say(format_args!("{:<9} {:>9}", verdict.word(), output.count(verdict)));
    }
    say(format_args!("{:<9} {left:>9}", "left"));
    let path = output.path.display();
    match ended {
        Ended::Done if output.count(Verdict::Refused) + output.count(Verdict::Error) > 0 => {
            say(format_args!("Done, but some rows of {path} are refused or error: those payments are unknown."));
            Exit::SomeUnknown
        }
        Ended::Done => {
            say(format_args!("Done: every token is in {path}."));
            Exit::AllKnown
        }
        Ended::Unavailable(text) => {
            say(format_args!("Stopped: {text}. Run it again to continue."));
            Exit::Unavailable
        }
        Ended::NoAnswer(text) => {
            say(format_args!("Gave up: no usable answer from the gateway. The last error: {text}"));
            say("Check the network, the origin and the credentials. Then run it again to continue.");
            say("If they are right, the next tokens are the problem: skip them with --give-up-after 0.");
            Exit::NoAnswer
        }
    }
}
