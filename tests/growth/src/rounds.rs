//! The rounds: each size once a round, the job beside the plain loop.

use std::fs;
use std::path::{Path, PathBuf};

use crate::gateway::Gateway;
use crate::{Cost, Programs, Result};

/// As many as the job takes by itself.
const THREADS: &str = "8";

/// What that many checks took, one cost a round.
#[derive(Clone, Debug)]
pub struct Point {
    /// How many.
    pub checks: u32,
    /// The night job.
    pub job: Vec<Cost>,
    /// The plain loop.
    pub plain: Vec<Cost>,
}

/// Measures all sizes in each round, beginning with another one, so that none always has the best or the worst place.
///
/// # Errors
///
/// When a program cannot be built or run, or a job's output is not what it must be.
pub fn measure(programs: &Programs, sizes: &[u32], rounds: u8, mut tell: impl FnMut(&str)) -> Result<Vec<Point>> {
    let gateway = Gateway::start(sizes.iter().copied().max().unwrap_or_default())?;
    let folder = tempfile::tempdir()?;
    let mut points: Vec<Point> =
        sizes.iter().map(|&checks| Point { checks, job: Vec::new(), plain: Vec::new() }).collect();
    for round in 0..rounds {
        points.rotate_left(1);
        for point in &mut points {
            tell(&format!("round {} of {rounds}: {} checks", round + 1, point.checks));
            let run = Run { programs, gateway: &gateway, checks: point.checks, folder: folder.path() };
            gateway.list(point.checks, &run.list())?;
            if round % 2 == 0 {
                point.job.push(run.job()?);
                point.plain.push(run.plain()?);
            } else {
                point.plain.push(run.plain()?);
                point.job.push(run.job()?);
            }
        }
    }
    points.sort_by_key(|point| point.checks);
    Ok(points)
}

struct Run<'a> {
    programs: &'a Programs,
    gateway: &'a Gateway,
    checks: u32,
    folder: &'a Path,
}

impl Run<'_> {
    fn list(&self) -> PathBuf {
        self.folder.join("orders.csv")
    }

    fn job(&self) -> Result<Cost> {
        let (list, output) = (self.list(), self.folder.join("night.csv"));
        let arguments =
            [list.as_os_str(), "--threads".as_ref(), THREADS.as_ref(), "--output".as_ref(), output.as_os_str()];
        let cost = self.programs.cost(&self.programs.job, arguments, &self.gateway.environment())?;
        self.gateway.must_be_known(self.checks, &output)?;
        fs::remove_file(output)?;
        Ok(cost)
    }

    fn plain(&self) -> Result<Cost> {
        let list = self.list();
        self.programs.cost(&self.programs.plain, [list.as_os_str(), THREADS.as_ref()], &self.gateway.environment())
    }
}
