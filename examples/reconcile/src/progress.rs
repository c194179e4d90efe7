//! The progress bar, for who watches: nothing is shown when stderr is no terminal.

use indicatif::{ProgressBar, ProgressStyle};

const LOOK: &str = "{bar:32} {human_pos} of {human_len}, {per_sec}, {eta} left";

pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new(todo: u64) -> Progress {
        let bar = ProgressBar::new(todo);
        if let Ok(style) = ProgressStyle::with_template(LOOK) {
            bar.set_style(style);
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
