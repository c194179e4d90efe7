//! `ekolopay purchase`

use anyhow::{Error, Result};
use ekolopay::purchase::{Customer, Product, Purchase};
use serde_json::json;

use crate::arguments::PurchaseArguments;
use crate::exit::Exit;
use crate::gateway::GatewayOptions;
use crate::printer::{Printer, tell};

pub(crate) fn run(options: &GatewayOptions, arguments: &PurchaseArguments, printer: Printer) -> Result<Exit> {
    let purchase = purchase(arguments)?;
    let gateway = options.gateway()?;
    match gateway.create_purchase_token(&purchase) {
        Ok(token) => {
            let url = gateway.payment_url(&token);
            let json = json!({ "purchaseToken": token, "paymentUrl": url });
            let result = printer.result(&json, &format!("token     {token}\npay here  {url}"));
            if result.is_err() {
                tell(&format!("The token was created: {token}"));
            }
            result.map(|()| Exit::Done)
        }
        Err(error) => {
            let may_have_acted = error.may_have_acted();
            let exit = printer.error(json!({}), "", &Error::new(error))?;
            if may_have_acted {
                tell("A token may have been created. Nobody was sent to it: creating another is safe.");
            }
            Ok(exit)
        }
    }
}

fn purchase(arguments: &PurchaseArguments) -> Result<Purchase> {
    let mut product = Product::new(&arguments.label);
    if let Some(details) = &arguments.details {
        product = product.details(details);
    }
    let mut customer = Customer::new(arguments.phone.clone());
    if let Some(name) = &arguments.name {
        customer = customer.name(name);
    }
    Ok(Purchase::new(arguments.amount, product, customer)?)
}
