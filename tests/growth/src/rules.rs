//! When time is called linear, and memory flat.

use std::ops::RangeInclusive;

use crate::figures::{Figures, SHORTEST};

/// Of the straight line through the logarithms of checks and time: 1 is exact proportion.
const SLOPE: RangeInclusive<f64> = 0.95..=1.05;

/// Of the peak memory at the largest size over that at the smallest.
pub(crate) const MOST_MEMORY: f64 = 2.0;

/// Whether a rule holds.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The rule, with the figure that was found.
    pub text: String,
    /// Whether it does.
    pub holds: bool,
}

/// Holds the figures against the rules.
pub fn judge(figures: &[Figures]) -> [Verdict; 3] {
    let slope_rule = |what: &str, part: fn(&Figures) -> f64| {
        let slope = slope(figures.iter().filter(|it| it.checks >= SHORTEST).map(|it| (f64::from(it.checks), part(it))));
        Verdict {
            text: format!(
                "{what} grows with the power {slope:.3} of the checks, by least squares from 1,000 on: the rule is {} to {}",
                SLOPE.start(),
                SLOPE.end()
            ),
            holds: SLOPE.contains(&slope),
        }
    };
    let peak = figures.last().map_or(f64::NAN, |figures| figures.peak);
    let memory = Verdict {
        text: format!(
            "Peak memory at the most checks is {peak:.2} times that at the fewest: the rule is at most {MOST_MEMORY}"
        ),
        holds: peak <= MOST_MEMORY,
    };
    [slope_rule("Time", |it| it.time), slope_rule("CPU time", |it| it.cpu), memory]
}

/// Of the least squares' line through the logarithms.
fn slope(points: impl Iterator<Item = (f64, f64)>) -> f64 {
    let points: Vec<(f64, f64)> = points.map(|(x, y)| (x.ln(), y.ln())).collect();
    let count = points.iter().fold(0.0, |count, _| count + 1.0);
    let mean = |part: fn(&(f64, f64)) -> f64| points.iter().map(part).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(|it| it.0), mean(|it| it.1));
    let covariance: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    covariance / variance
}
