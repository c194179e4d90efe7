//! Whether the order of a token is paid.

use std::env;
use std::error::Error;

use ekolopay::Gateway;
use ekolopay::verify::Verification;

fn main() -> Result<(), Box<dyn Error>> {
    let token = env::args().nth(1).ok_or("which token?")?.parse()?;
    match Gateway::from_env()?.check_payment(&token)? {
        Verification::Paid(_) => println!("paid"),
        Verification::NotPaid => println!("not paid"),
    }
    Ok(())
}
