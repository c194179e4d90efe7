//! The part of a README that is written by this program.

use crate::Result;

const BEGIN: &str = "<!-- growth: written by `cargo run --release -p ekolopay-growth -- --write` -->\n";
const END: &str = "<!-- /growth -->\n";

/// The text with what stands between the two marks replaced.
///
/// # Errors
///
/// When it has no such marks.
pub fn insert(readme: &str, part: &str) -> Result<String> {
    let missing = "the README has no marks for the table";
    let (before, rest) = readme.split_once(BEGIN).ok_or(missing)?;
    let (_, after) = rest.split_once(END).ok_or(missing)?;
    Ok(format!("{before}{BEGIN}\n{part}\n{END}{after}"))
}
