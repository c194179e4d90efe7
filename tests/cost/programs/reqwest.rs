//! Whether the order of a token is paid.

use ekolopay_cost::{Result, program, reqwest};

fn main() -> Result<()> {
    program(|url| reqwest(url, None))
}
