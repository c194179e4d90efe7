//! The progress bar, for who watches: nothing is shown when stderr is no terminal.

use std::fmt::Write;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

const LOOK: &str = "{bar:32} {human_pos} of {human_len}, {rate}, {eta} left";

pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new(todo: u64) -> Progress {
        let bar = ProgressBar::new(todo);
        if let Ok(style) = ProgressStyle::with_template(LOOK) {
            // Indicatif's own shows four decimals.
            let rate = |state: &ProgressState, to: &mut dyn Write| {
                let _ = write!(to, "{:.0}/s", state.per_sec());
            };
            bar.set_style(style.with_key("rate", rate));
        }
        bar.tick();
        Progress(bar)
    }

    pub(crate) fn advance(&self) {
        self.0.inc(1);
    }

    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
