//! `ekolopay purchase`

use ekolopay::purchase::{Customer, Product, Purchase};
use serde_json::json;

use crate::arguments::PurchaseArguments;
use crate::printer::{self, Printer};
use ekolopay_cli::error::CliError;
use ekolopay_cli::exit::Exit;
use ekolopay_cli::gateway::GatewayOptions;

pub(crate) fn run(options: &GatewayOptions, arguments: &PurchaseArguments, printer: Printer) -> Result<Exit, CliError> {
    let purchase = purchase(arguments)?;
    let gateway = options.gateway(crate::USER_AGENT)?;
    match gateway.create_purchase_token(&purchase) {
        Ok(token) => {
            let url = gateway.payment_url(&token);
            let json = json!({ "purchaseToken": token, "paymentUrl": url });
            let result = printer.result(&json, &format!("token     {token}\npay here  {url}"));
            if result.is_err() {
                printer::tell(&format!("The token was created: {token}"));
            }
            result.map(|()| Exit::Done)
        }
        Err(error) => {
            let error = CliError::from(error);
            let exit = printer.error(json!({}), "", &error)?;
            if error.may_have_acted() {
                printer::tell("A token may have been created. Nobody was sent to it: creating another is safe.");
            }
            Ok(exit)
        }
    }
}

fn purchase(arguments: &PurchaseArguments) -> Result<Purchase, CliError> {
    let mut product = Product::new(&arguments.label);
    if let Some(details) = &arguments.details {
        product = product.details(details);
    }
    let mut customer = Customer::new(&arguments.phone);
    if let Some(name) = &arguments.name {
        customer = customer.name(name);
    }
    if let Some(uuid) = &arguments.uuid {
        customer = customer.uuid(uuid);
    }
    Ok(Purchase::new(amount(&arguments.amount)?, product, customer)?)
}

/// Digits only. A sign, a point, an exponent or a space could mean another amount to another program.
fn amount(text: &str) -> Result<u64, CliError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CliError::input("amount", "must be whole currency units, in digits only, such as 150000"));
    }
    text.parse().map_err(|_| CliError::input("amount", "must fit a signed 64-bit integer"))
}
