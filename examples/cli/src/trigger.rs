//! `ekolopay trigger`

use anyhow::{Context, Result, bail, ensure};
use ekolopay::purchase::PurchaseToken;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use crate::exit::{Coded, Exit};
use crate::gateway::{GatewayOptions, address_of, origin_of};
use crate::printer::Printer;

pub(crate) fn run(options: &GatewayOptions, outcome: &str, token: &PurchaseToken, printer: Printer) -> Result<Exit> {
    let gateway = options.gateway_without_secret()?;
    let origin = origin_of(&gateway);
    // The SDK allows http only on this machine.
    let is_local = origin.starts_with("http://");
    ensure!(is_local, "origin must be that of the local gateway, such as http://127.0.0.1:8099");
    let page = gateway.payment_url(token);
    let encoded = page.rsplit('/').next().unwrap_or_default();
    let url = format!("{origin}/sandbox/api/payments/{encoded}/settle");
    let sent = agent(options)?.post(url).send_json(json!({ "outcome": outcome }));
    let unreachable = || Coded(Exit::NoAnswer, format!("no answer from {}", address_of(&gateway)));
    let mut reply = sent.with_context(unreachable)?;
    let (status, body) = (reply.status().as_u16(), reply.body_mut().read_json::<Value>().unwrap_or_default());
    match body["error"].as_str() {
        // It says why in a sentence.
        Some(why) => bail!("the local gateway refused: {why}"),
        None if body["token"] == token.as_str() => {}
        None => bail!("{} is not the local gateway: it answered HTTP {status}", address_of(&gateway)),
    }
    let sent = body["callbacks"].as_array().and_then(|sent| sent.last());
    let callback = match sent.map(|sent| sent["error"].as_str().ok_or(&sent["status"])) {
        None => "no callback sent: start the gateway with --callback-url".to_owned(),
        Some(Ok(error)) => format!("callback: {error}"),
        Some(Err(status)) => format!("callback: HTTP {status}"),
    };
    let json = json!({ "purchaseToken": token, "outcome": outcome, "callback": callback });
    printer.result(&json, &format!("{token} settled: {outcome}\n{callback}"))?;
    Ok(Exit::Done)
}

/// For the local gateway and for the shop: no proxy, no redirects, and the certificates that the command line names.
pub(crate) fn agent(options: &GatewayOptions) -> Result<Agent> {
    let mut config = Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None);
    config = config.timeout_global(Some(options.timeout));
    if let Some(pem) = options.roots()? {
        let certificates = parse_pem(&pem).filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        });
        let roots = RootCerts::new_with_certs(&certificates.collect::<Vec<_>>());
        config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
    }
    Ok(config.build().into())
}
