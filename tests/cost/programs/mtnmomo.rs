//! Whether a payment is made, asked of MTN MoMo.

use mtnmomo::{Environment, Momo};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let payment = std::env::args().nth(1).ok_or("which payment?")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        let (url, user) = (std::env::var("MTN_URL")?, std::env::var("MTN_API_USER")?);
        let momo = Momo::new(url, user, Environment::MTNCONGO, std::env::var("MTN_API_KEY").ok()).await?;
        let collection = momo.collection(std::env::var("MTN_PRIMARY_KEY")?, std::env::var("MTN_SECONDARY_KEY")?);
        collection.request_to_pay_transaction_status(&payment).await
    })?;
    println!("{}", if result.status == "SUCCESSFUL" { "paid" } else { "not paid" });
    Ok(())
}
