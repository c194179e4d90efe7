//! Whether the order of a token is paid.

use ekolopay::Gateway;
use ekolopay::verify::Verification;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let token = std::env::args().nth(1).ok_or("which token?")?.parse()?;
    let paid = matches!(Gateway::from_env()?.check_payment(&token)?, Verification::Paid(_));
    println!("{}", if paid { "paid" } else { "not paid" });
    Ok(())
}
