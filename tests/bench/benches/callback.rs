//! `Callback::parse` beside `serde_urlencoded` into a struct with the same checks, from the documented body to 64 KiB.

use std::process::ExitCode;

use ekolopay::callback::Callback;
use ekolopay_bench::{DOCUMENTED_CALLBACK, Form, ratios, say};

fn main() -> ExitCode {
    let mut kept = true;
    let mut compare = |case: &str, most: f64, ours: &mut dyn FnMut(), theirs: &mut dyn FnMut()| {
        let ratio = ratios(&mut [ours, theirs])[0];
        let too_much = ratio.median > most;
        kept &= !too_much;
        say(&format!("{case:<40} {ratio}{}", if too_much { "  too much" } else { "" }));
    };

    say("Callback::parse ÷ serde_urlencoded, at most 1.05: median of the rounds (lowest to highest)");
    let mut beside_form = |case: &str, body: &str| {
        let form = || assert!(Form::parse(body.as_bytes()).expect("a callback").successful);
        compare(case, 1.05, &mut || parse(body), &mut &form);
    };
    beside_form("the documented body", DOCUMENTED_CALLBACK);
    for (filling, piece) in FILLINGS {
        for size in SIZES {
            beside_form(&format!("{filling}, {size} bytes"), &body(piece, size));
        }
    }

    say("64 KiB once ÷ 16 KiB four times, at most 1.25");
    for (filling, piece) in FILLINGS {
        let (large, small) = (body(piece, 64 * 1024), body(piece, 16 * 1024));
        compare(filling, 1.25, &mut || parse(&large), &mut || (0..4).for_each(|_| parse(&small)));
    }
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn parse(body: &str) {
    assert!(Callback::parse(body.as_bytes()).expect("a callback").claims_success());
}

const SIZES: [usize; 4] = [1024, 4 * 1024, 16 * 1024, 64 * 1024];

const FILLINGS: [(&str, &str); 3] =
    [("a plain message", "Paiement"), ("an escaped message", "r%C3%A9ussi+"), ("unknown keys", "&key=value")];

/// The documented body, made so long by more of the message, or by keys that nobody knows.
fn body(piece: &str, size: usize) -> String {
    let mut body = DOCUMENTED_CALLBACK.to_owned();
    while body.len() < size {
        body.push_str(piece);
    }
    body.truncate(size);
    body
}
