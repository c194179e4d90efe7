//! Whether a payment is made, asked of MTN MoMo.

use std::env;
use std::error::Error;

use mtnmomo::{Environment, Momo};
use tokio::runtime::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    let payment = env::args().nth(1).ok_or("which payment?")?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        let (url, user) = (env::var("MTN_URL")?, env::var("MTN_API_USER")?);
        let momo = Momo::new(url, user, Environment::MTNCONGO, env::var("MTN_API_KEY").ok()).await?;
        let collection = momo.collection(env::var("MTN_PRIMARY_KEY")?, env::var("MTN_SECONDARY_KEY")?);
        collection.request_to_pay_transaction_status(&payment).await
    })?;
    println!("{}", if result.status == "SUCCESSFUL" { "paid" } else { "not paid" });
    Ok(())
}
