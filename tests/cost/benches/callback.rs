//! `Callback::parse` compared with `serde_urlencoded` into a struct with the same checks, from the documented body to
//! 64 KiB.
//!
//! Fails when a limit is broken.

use std::borrow::Cow;
use std::hint::black_box;
use std::process::ExitCode;

use ekolopay::callback::Callback;
use ekolopay_cost::by_hand::Result;
use ekolopay_cost::peers::{DOCUMENTED_CALLBACK, ratios};
use serde::Deserialize;

fn main() -> ExitCode {
    let mut kept = true;
    let mut compare = |case: &str, most: f64, ours: &mut dyn FnMut(), theirs: &mut dyn FnMut()| {
        let ratio = &ratios(&mut [ours, theirs])[0];
        let too_much = ratio.median > most;
        kept &= !too_much;
        println!("{case:<40} {}{}", ratio.text, if too_much { "  too much" } else { "" });
    };

    println!("Callback::parse ÷ serde_urlencoded, at most 1.05: median of the rounds (lowest to highest)");
    let mut beside_form = |case: &str, body: &str| {
        let mut form = || assert!(black_box(by_hand(body.as_bytes()).expect("a callback")).1);
        compare(case, 1.05, &mut || parse(body), &mut form);
    };
    beside_form("the documented body", DOCUMENTED_CALLBACK);
    for (filling, piece) in FILLINGS {
        for size in [1024, 4 * 1024, 16 * 1024, 64 * 1024] {
            beside_form(&format!("{filling}, {size} bytes"), &body(piece, size));
        }
    }

    println!("64 KiB once ÷ 16 KiB four times, at most 1.25");
    for (filling, piece) in FILLINGS {
        let (large, small) = (body(piece, 64 * 1024), body(piece, 16 * 1024));
        compare(filling, 1.25, &mut || parse(&large), &mut || (0..4).for_each(|_| parse(&small)));
    }
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const FILLINGS: [(&str, &str); 3] =
    [("a plain message", "Paiement"), ("an escaped message", "r%C3%A9ussi+"), ("unknown keys", "&key=value")];

/// The documented body, made this long by more of the message, or by unknown keys.
fn body(piece: &str, size: usize) -> String {
    let mut body = DOCUMENTED_CALLBACK.to_owned() + &piece.repeat(size / piece.len());
    body.truncate(size);
    body
}

fn parse(body: &str) {
    assert!(Callback::parse(body.as_bytes()).expect("a callback").claims_success());
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(rename = "purchaseToken", borrow)]
    token: Cow<'a, str>,
    #[serde(rename = "paymentSuccessful", borrow)]
    successful: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
}

/// Token, success, status and message, as a careful merchant would read them: `serde_urlencoded` into a struct, and then
/// the same checks.
fn by_hand(body: &[u8]) -> Result<(String, bool, Cow<'static, str>, String)> {
    let fields: Fields<'_> = serde_urlencoded::from_bytes(body)?;
    let token = fields.token.into_owned();
    let visible = token.bytes().all(|byte| byte.is_ascii_graphic());
    if !visible || token.is_empty() || token.len() > 1024 || token == "." || token == ".." {
        return Err("purchaseToken".into());
    }
    let successful = match fields.successful.to_ascii_lowercase().as_str() {
        "true" | "1" => true,
        "false" | "0" | "" => false,
        _ => return Err("paymentSuccessful".into()),
    };
    let (status, paid) = match &*fields.status {
        "SUCCESS" => ("SUCCESS".into(), Some(true)),
        "SUCCESSFUL" => ("SUCCESSFUL".into(), Some(true)),
        "FAILED" => ("FAILED".into(), Some(false)),
        "REJECTED" => ("REJECTED".into(), Some(false)),
        "TIMEOUT" => ("TIMEOUT".into(), Some(false)),
        text if text.contains(char::REPLACEMENT_CHARACTER) => return Err("status".into()),
        _ => (fields.status.into_owned().into(), None),
    };
    if paid.is_some_and(|paid| paid != successful) {
        return Err("paymentSuccessful contradicts status".into());
    }
    Ok((token, successful, status, fields.message.unwrap_or_default().into_owned()))
}
