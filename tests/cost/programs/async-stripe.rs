//! Whether a payment is made, asked of Stripe.

use stripe::{Client, PaymentIntent, PaymentIntentStatus};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::new(std::env::var("STRIPE_SECRET_KEY")?);
    let id = std::env::args().nth(1).ok_or("which payment intent?")?.parse()?;
    let intent = PaymentIntent::retrieve(&client, &id, &[])?;
    println!("{}", if intent.status == PaymentIntentStatus::Succeeded { "paid" } else { "not paid" });
    Ok(())
}
