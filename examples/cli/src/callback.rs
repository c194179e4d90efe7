//! `ekolopay callback`

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use ekolopay::callback::Callback;
use ekolopay::verify::Verification;
use serde_json::json;

use crate::arguments::GatewayOptions;
use crate::error::CliError;
use crate::exit::Exit;
use crate::printer::{self, Printer};

/// In bytes. A callback is far shorter.
const MAX_BODY: u64 = 64 * 1024;

pub(crate) fn run(options: &GatewayOptions, file: &Path, verify: bool, printer: &Printer) -> Result<Exit, CliError> {
    let body = read(file).map_err(|source| CliError::Read { path: file.to_owned(), source })?;
    if body.len() as u64 > MAX_BODY {
        return Err(CliError::input("callback", "must be at most 64 KiB long"));
    }
    let callback = Callback::parse(without_line_break(&body))?;
    let (token, claims) = (callback.purchase_token(), callback.claims_success());
    let (status, message) = (callback.status().as_str(), callback.message());
    let claim = json!({
        "purchaseToken": token, "paymentSuccessful": claims, "status": status, "message": message,
    });
    let words = format!(
        "The callback claims, and anyone can post one:\n  purchaseToken      {token}\n  \
         paymentSuccessful  {claims}\n  status             {status:?}\n  message            {message:?}"
    );
    if !verify {
        let words = format!("{words}\nNot verified: --verify asks the gateway.");
        printer.result(&json!({ "claim": claim, "verified": false }), &words)?;
        return Ok(Exit::Done);
    }
    let gateway = options.gateway()?;
    printer.words(&words)?;
    match gateway.check_payment(token) {
        Ok(verification) => {
            let paid = matches!(verification, Verification::Paid(_));
            let json = json!({
                "claim": claim, "verified": true, "agrees": paid == claims,
                "purchaseToken": token, "paymentSuccessful": paid,
            });
            let (exit, says) = Exit::of_payment(paid);
            let but = if paid == claims { "" } else { "\nThe callback DISAGREES: believe the gateway." };
            printer.result(&json, &format!("The gateway says: {says}{but}"))?;
            Ok(exit)
        }
        Err(error) => {
            let known = json!({ "claim": claim, "verified": false, "purchaseToken": token });
            let exit = printer.error(known, "", &error.into())?;
            printer::tell("The claim is not verified, and this error does not mean \"not paid\".");
            Ok(exit)
        }
    }
}

/// At most one byte more than is allowed, to notice a longer body.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if file == Path::new("-") {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            printer::tell("Type or paste the body of the callback, then press Enter and Ctrl-D.");
        }
        stdin.lock().take(MAX_BODY + 1).read_to_end(&mut body)?;
    } else {
        File::open(file)?.take(MAX_BODY + 1).read_to_end(&mut body)?;
    }
    Ok(body)
}

/// Editors and `echo` end a file with a line break. It is not part of the form, which would write it as `%0A`.
fn without_line_break(body: &[u8]) -> &[u8] {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    body.strip_suffix(b"\r").unwrap_or(body)
}
