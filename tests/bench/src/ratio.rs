use std::any::Any;
use std::path::Path;
use std::sync::Once;
use std::{env, fmt, fs};

use binggan::BenchRunner;
use binggan::plugins::{EventListener, PluginEvents};
use binggan::report::REPORTER_PLUGIN_NAME;

use crate::say;

/// Each round is a run of its own, so one that something else on the machine disturbs is seen for what it is.
const ROUNDS: usize = 7;

/// So many times a round, each side is run for some milliseconds; the two take turns, and turns in being first.
const TURNS: usize = 40;

/// Compares two pieces of code, case by case, and prints a line for each.
#[derive(Debug)]
pub struct Ratios {
    most: f64,
    broken: bool,
    once_a_turn: bool,
}

impl Ratios {
    /// Ratios of which the median may be at most `most`.
    ///
    /// # Panics
    ///
    /// When the directory of the repository is gone.
    pub fn at_most(title: &str, most: f64) -> Ratios {
        prepare();
        say(&format!("{title}, at most {most:.2}: median of {ROUNDS} rounds (lowest to highest)"));
        Ratios { most, broken: false, once_a_turn: false }
    }

    /// The same of code that takes its time: a turn runs it once.
    #[must_use]
    pub fn once_a_turn(self) -> Ratios {
        Ratios { once_a_turn: true, ..self }
    }

    /// The time of `ours` divided by that of `theirs`.
    pub fn compare(&mut self, case: &str, ours: impl Fn(), theirs: impl Fn()) {
        let mut rounds: Vec<f64> = (0..ROUNDS).filter_map(|_| self.round(case, &ours, &theirs)).collect();
        if rounds.is_empty() {
            return;
        }
        rounds.sort_by(f64::total_cmp);
        let median = median(rounds.iter().copied());
        self.broken |= median > self.most;
        let verdict = if median > self.most { "  too much" } else { "" };
        say(&format!("{case:<40} {median:.2}  ({:.2} to {:.2}){verdict}", rounds[0], rounds[ROUNDS - 1]));
    }

    /// Whether all medians are as they should be.
    pub fn are_kept(&self) -> bool {
        !self.broken
    }

    /// The median ratio of two turns that follow each other; none where the command line's filter leaves the case out.
    fn round(&self, case: &str, ours: impl Fn(), theirs: impl Fn()) -> Option<f64> {
        let mut runner = BenchRunner::new();
        runner.config().set_num_iter_for_group(TURNS);
        if self.once_a_turn {
            runner.config().set_num_iter_for_bench(1);
        }
        runner.get_plugin_manager().replace_plugin(Turns::default());
        let mut group = runner.new_group().name(case);
        group.register(OURS, |()| ours());
        group.register("theirs", |()| theirs());
        group.run();
        drop(group);
        let turns: &mut Turns = runner.get_plugin_manager().downcast_plugin(REPORTER_PLUGIN_NAME)?;
        let ratios = turns.ours.iter().zip(&turns.theirs).map(|(ours, theirs)| ours / theirs);
        (ratios.len() > 0).then(|| median(ratios))
    }
}

/// binggan keeps notes of each run below `target`, of which it looks at those of the last: they are of no use here, and
/// those of a run that was killed would stop this one.
fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        env::set_current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).expect("the repository");
        let target = env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into());
        // There are none yet, or binggan will say what is wrong with them.
        let _ = fs::remove_dir_all(Path::new(&target).join("binggan"));
    });
}

/// Of an even number, the upper one of the two in the middle.
///
/// # Panics
///
/// When there are no numbers.
pub fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

const OURS: &str = "ours";

/// How long each turn took, in place of a report.
#[derive(Default)]
struct Turns {
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Turns")
    }
}

impl EventListener for Turns {
    fn name(&self) -> &'static str {
        REPORTER_PLUGIN_NAME
    }

    fn on_event(&mut self, event: PluginEvents<'_>) {
        if let PluginEvents::BenchStop { bench_id, duration } = event {
            let turns = if bench_id.bench_name == OURS { &mut self.ours } else { &mut self.theirs };
            #[expect(clippy::cast_precision_loss, reason = "a turn is no week")]
            turns.push(duration as f64);
        }
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
