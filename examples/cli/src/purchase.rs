//! `ekolopay purchase`

use ekolopay::purchase::{Customer, Product, Purchase};
use serde_json::json;

use crate::arguments::{Order, Settings};
use crate::client::Client;
use crate::exit::Code;
use crate::failure::Failure;
use crate::output::{self, Output};

pub(crate) fn run(settings: &Settings, order: &Order, out: &Output) -> Result<Code, Failure> {
    let purchase = purchase(order)?;
    let client = Client::new(settings)?;
    match client.gateway().create_purchase_token(&purchase) {
        Ok(token) => {
            let url = client.gateway().payment_url(&token);
            let json = json!({ "purchaseToken": token, "paymentUrl": url });
            out.result(&json, &format!("token     {token}\npay here  {url}"))?;
            Ok(Code::Done)
        }
        Err(error) => {
            let code = out.failure(json!({}), "", &error.into())?;
            if matches!(code, Code::Unknown | Code::UnexpectedReply) {
                output::tell("A token may have been created. Nobody has paid it: creating another is safe.");
            }
            Ok(code)
        }
    }
}

fn purchase(order: &Order) -> Result<Purchase, Failure> {
    let mut product = Product::new(&order.label);
    if let Some(details) = &order.details {
        product = product.details(details);
    }
    let mut customer = Customer::new(&order.phone);
    if let Some(name) = &order.name {
        customer = customer.name(name);
    }
    if let Some(uuid) = &order.uuid {
        customer = customer.uuid(uuid);
    }
    Ok(Purchase::new(amount(&order.amount)?, product, customer)?)
}

/// Digits only: no sign, no point, no exponent, no space, for each has been read as another amount somewhere.
fn amount(text: &str) -> Result<u64, Failure> {
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits {
        return Err(Failure::input("amount", "must be whole currency units, in digits only, such as 150000"));
    }
    text.parse().map_err(|_| Failure::input("amount", "must fit a signed 64-bit integer"))
}
