//! Whether the order of a token is paid.

use ekolopay_cost::{Result, program, ureq};

fn main() -> Result<()> {
    program(|url| ureq(url, None))
}
