//! Whether a payment is made, asked of Paystack.

use paystack::{PaystackClient, ReqwestClient};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = PaystackClient::<ReqwestClient>::new(std::env::var("PAYSTACK_API_KEY")?);
    let reference = std::env::args().nth(1).ok_or("which transaction?")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(client.transactions.verify_transaction(&reference))?;
    let paid = answer.data.is_some_and(|transaction| transaction.status == "success");
    println!("{}", if paid { "paid" } else { "not paid" });
    Ok(())
}
