//! `ekolopay callback`

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use ekolopay::callback::Callback;
use ekolopay::verify::Verification;
use serde_json::json;

use crate::arguments::Settings;
use crate::client::Client;
use crate::exit::Code;
use crate::failure::Failure;
use crate::output::{self, Output};

/// In bytes. A callback is far shorter.
const LONGEST: u64 = 64 * 1024;

pub(crate) fn run(settings: &Settings, file: &Path, verify: bool, out: &Output) -> Result<Code, Failure> {
    let body = read(file).map_err(|source| Failure::Read { path: file.to_owned(), source })?;
    if body.len() as u64 > LONGEST {
        return Err(Failure::input("callback", "must be at most 64 KiB long"));
    }
    let callback = Callback::parse(without_line_end(&body))?;
    let (token, claims) = (callback.purchase_token(), callback.claims_success());
    let status = callback.status().as_str();
    let claim = json!({
        "purchaseToken": token, "paymentSuccessful": claims, "status": status, "message": callback.message(),
    });
    let words = format!(
        "The callback claims, and anyone can post one:\n  purchaseToken      {token}\n  \
         paymentSuccessful  {claims}\n  status             {status:?}\n  message            {:?}",
        callback.message(),
    );
    if !verify {
        let words = format!("{words}\nNot verified: --verify asks the gateway.");
        out.result(&json!({ "claim": claim, "verified": false }), &words)?;
        return Ok(Code::Done);
    }
    let client = Client::new(settings)?;
    out.words(&words)?;
    match client.check(token, None) {
        Ok(verification) => {
            let paid = matches!(verification, Verification::Paid(_));
            let json = json!({
                "claim": claim, "verified": true, "agrees": paid == claims,
                "purchaseToken": token, "paymentSuccessful": paid,
            });
            let says = if paid { "paid" } else { "not paid, or not yet" };
            let but = if paid == claims { "" } else { "\nThe callback DISAGREES: believe the gateway." };
            out.result(&json, &format!("The gateway says: {says}{but}"))?;
            Ok(if paid { Code::Done } else { Code::NotPaid })
        }
        Err(failure) => {
            let code =
                out.failure(json!({ "claim": claim, "verified": false, "purchaseToken": token }), "", &failure)?;
            output::tell("The claim is not verified, and this error does not mean \"not paid\".");
            Ok(code)
        }
    }
}

/// At most one byte more than is allowed, so that a longer body is seen to be longer.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if file == Path::new("-") {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            output::tell("type or paste the callback's body, then Enter and Ctrl-D");
        }
        stdin.lock().take(LONGEST + 1).read_to_end(&mut body)?;
    } else {
        File::open(file)?.take(LONGEST + 1).read_to_end(&mut body)?;
    }
    Ok(body)
}

/// Editors and `echo` end a file with a line break. A form never holds one: it is written `%0A` there.
fn without_line_end(body: &[u8]) -> &[u8] {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    body.strip_suffix(b"\r").unwrap_or(body)
}
