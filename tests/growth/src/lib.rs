//! How the time and the memory of the night job, `examples/reconcile`, grow with the number of its checks.
//!
//! The job and a plain loop over the same calls run against one sandbox on loopback, for some sizes in turns, so that
//! what disturbs the machine disturbs all of them. All figures are ratios within one run.

mod cost;
mod figures;
mod gateway;
mod plot;
mod programs;
mod readme;
mod rounds;
mod rules;
mod table;

use std::error::Error;

pub use cost::Cost;
pub use figures::{Figures, SHORTEST, figures};
pub use plot::draw;
pub use programs::Programs;
pub use readme::insert;
pub use rounds::{Point, measure};
pub use rules::{Verdict, judge};
pub use table::table;

/// What can go wrong on the way ends the program.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;
