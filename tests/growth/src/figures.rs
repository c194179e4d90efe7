//! Ratios from costs.

use crate::{Cost, Point};

/// The size that times are related to: below it the start of the program counts.
pub const SHORTEST: u32 = 1_000;

/// What the table and the plot show of one size.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// The number of checks.
    pub checks: u32,
    /// The job's time, over its time at 1,000 checks.
    pub time: f64,
    /// The same for the CPU time.
    pub cpu: f64,
    /// The job's peak memory, over its peak memory at the smallest size.
    pub peak: f64,
    /// The job's time over that of the plain loop.
    pub time_beside_plain: f64,
    /// The same for the CPU time.
    pub cpu_beside_plain: f64,
}

impl Figures {
    /// How a cost that is `per` 1,000 checks grew, for one check.
    pub fn per_check(&self, cost: f64) -> f64 {
        cost * f64::from(SHORTEST) / f64::from(self.checks)
    }
}

type Part = fn(&Cost) -> f64;
const TIME: Part = |cost| cost.time.as_secs_f64();
const CPU: Part = |cost| cost.cpu.as_secs_f64();
const PEAK: Part = |cost| f64::from(cost.peak);

/// The figures of the points, of which the first is the smallest and one has 1,000 checks: the medians of the rounds.
/// What is held against the plain loop is so round by round.
pub fn figures(points: &[Point]) -> Vec<Figures> {
    let of = |checks: Option<u32>, part: Part| {
        let point = points.iter().find(|point| checks.is_none_or(|checks| point.checks == checks));
        point.map_or(f64::NAN, |point| median(point.job.iter().map(part)))
    };
    let (time, cpu, peak) = (of(Some(SHORTEST), TIME), of(Some(SHORTEST), CPU), of(None, PEAK));
    let figures = points.iter().map(|point| {
        let job = |part: Part| median(point.job.iter().map(part));
        let beside =
            |part: Part| median(point.job.iter().zip(&point.plain).map(|(job, plain)| part(job) / part(plain)));
        Figures {
            checks: point.checks,
            time: job(TIME) / time,
            cpu: job(CPU) / cpu,
            peak: job(PEAK) / peak,
            time_beside_plain: beside(TIME),
            cpu_beside_plain: beside(CPU),
        }
    });
    figures.collect()
}

/// Of an even number, the upper one of the two in the middle.
fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
