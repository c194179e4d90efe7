#![deny(unused_must_use)]

fn check(gateway: &ekolopay::Gateway, token: &ekolopay::purchase::PurchaseToken) -> Result<(), ekolopay::Error> {
    gateway.check_payment(token)?;
    Ok(())
}

fn main() {}
