use std::fs;

use crate::Outcome;
use crate::crates::tls;
use crate::program::{BASE, Program};

/// What was measured of a program.
#[derive(Debug, Clone)]
pub struct Figures {
    /// The program's name, and the version of the crate that it is about.
    pub name: String,
    /// What it is.
    pub kind: &'static str,
    /// Who encrypts for it.
    pub tls: String,
    /// The crates that it is built from, itself not counted.
    pub crates: usize,
    /// The size of its binary, in bytes.
    pub bytes: u64,
    /// The time of a build as a ratio to that of [`BASE`] in the same round, the median of all rounds.
    pub build: f64,
}

/// Measures the programs, which must hold [`BASE`]. A round builds each of them once, one after another; `progress` is
/// told of every step.
///
/// # Errors
///
/// When Cargo fails, or a file cannot be read.
pub fn measure(programs: &[Program], rounds: usize, progress: impl Fn(&str)) -> Outcome<Vec<Figures>> {
    let base = programs.iter().position(|program| program.name == BASE).ok_or("there is nothing to compare with")?;
    let mut figures = Vec::new();
    for program in programs {
        progress(&format!("{}: counting and fetching", program.name));
        let crates = program.crates()?;
        let version = crates.iter().find(|part| part.name == program.name).map_or("", |part| &part.version);
        let name = format!("{} {version}", program.name);
        let (tls, crates) = (tls(&crates), crates.len());
        figures.push(Figures { name, kind: program.kind, tls, crates, bytes: 0, build: 1.0 });
    }

    let mut ratios = vec![Vec::new(); programs.len()];
    for round in 1..=rounds {
        let mut times = Vec::new();
        for program in programs {
            progress(&format!("{}: building, round {round} of {rounds}", program.name));
            times.push(program.build()?.as_secs_f64());
        }
        ratios.iter_mut().zip(&times).for_each(|(ratios, time)| ratios.push(time / times[base]));
    }
    for ((figures, program), ratios) in figures.iter_mut().zip(programs).zip(ratios) {
        figures.bytes = fs::metadata(program.binary())?.len();
        figures.build = median(ratios);
    }
    Ok(figures)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}
