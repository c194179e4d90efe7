//! `ekolopay availability`

use serde_json::json;

use crate::arguments::Settings;
use crate::client::Client;
use crate::exit::Code;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn run(settings: &Settings, out: &Output) -> Result<Code, Failure> {
    Client::new(settings)?.gateway().check_availability()?;
    out.result(&json!({ "available": true }), "the gateway is in service")?;
    Ok(Code::Done)
}
