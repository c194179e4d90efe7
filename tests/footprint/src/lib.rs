//! What a client costs to build and ship: the number of crates, the time of a clean release build and the size of the
//! binary, of small programs that are built side by side, against a client written by hand on ureq.

mod crates;
mod limits;
mod measure;
mod program;
mod table;

use std::error::Error;

pub use crates::{Crate, distinct, tls};
pub use limits::exceeded;
pub use measure::{Figures, measure};
pub use program::{BASE, PROGRAMS, Program};
pub use table::table;

/// A result whose error is for a person to read.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;
