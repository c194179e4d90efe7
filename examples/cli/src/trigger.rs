//! `ekolopay trigger`

use std::time::Duration;

use ekolopay::Error;
use ekolopay::purchase::PurchaseToken;
use ekolopay::transport::TransportError;
use serde_json::json;
use ureq::Agent;

use crate::printer::Printer;
use ekolopay_cli::error::CliError;
use ekolopay_cli::exit::Exit;
use ekolopay_cli::gateway::GatewayOptions;

pub(crate) fn run(options: &GatewayOptions, outcome: &str, token: &str, printer: Printer) -> Result<Exit, CliError> {
    let token = PurchaseToken::new(token)?;
    let gateway = options.gateway_without_secret(crate::USER_AGENT)?;
    let page = gateway.payment_url(&token);
    // The SDK allows http only on this machine.
    if !page.starts_with("http://") {
        return Err(CliError::input("origin", "must be that of the local gateway, such as http://127.0.0.1:8099"));
    }
    gateway.check_availability()?;
    let agent = agent(options.timeout);
    let not_sent = |error: ureq::Error| Error::from(TransportError::not_sent(error));
    let mut shown = agent.get(&page).call().map_err(not_sent)?;
    let html = shown.body_mut().read_to_string().map_err(not_sent)?;
    let refused = |reason| Err(CliError::input("purchaseToken", reason));
    match shown.status().as_u16() {
        200 if html.contains("name=\"outcome\"") => {}
        200 => return refused("is that of a payment which is already settled"),
        _ => return refused("is not that of a payment of the local gateway"),
    }
    let settled = agent.post(&page).send_form([("outcome", outcome)]);
    let settled = settled.map_err(|error| Error::from(TransportError::lost(error)))?;
    // With a redirect, or with a page that posts to the shop.
    if settled.status().as_u16() >= 400 {
        return refused("is that of a payment which the local gateway does not settle");
    }
    printer.result(&json!({ "purchaseToken": token, "outcome": outcome }), &format!("{token} settled: {outcome}"))?;
    Ok(Exit::Done)
}

/// For addresses on this machine: no proxy, no redirects.
pub(crate) fn agent(timeout: Duration) -> Agent {
    let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None);
    config.timeout_global(Some(timeout)).build().into()
}
