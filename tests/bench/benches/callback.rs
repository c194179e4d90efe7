//! `Callback::parse` beside `serde_urlencoded` into a struct with the same checks, from the documented body to 64 KiB.

use std::process::ExitCode;

use ekolopay::callback::Callback;
use ekolopay_bench::{DOCUMENTED_CALLBACK, Form, Ratios, bench};

fn main() -> ExitCode {
    bench(are_kept)
}

fn are_kept() -> bool {
    let parse = |body: &str| assert!(Callback::parse(body.as_bytes()).expect("a callback").claims_success());

    let mut ratios = Ratios::at_most("Callback::parse ÷ serde_urlencoded", 1.05);
    ratios.compare(
        "the documented body",
        || parse(DOCUMENTED_CALLBACK),
        || assert!(Form::parse(DOCUMENTED_CALLBACK.as_bytes()).expect("a callback").successful),
    );
    for (filling, piece) in FILLINGS {
        for size in SIZES {
            let body = body(piece, size);
            ratios.compare(
                &format!("{filling}, {size} bytes"),
                || parse(&body),
                || assert!(Form::parse(body.as_bytes()).expect("a callback").successful),
            );
        }
    }

    let mut linear = Ratios::at_most("64 KiB once ÷ 16 KiB four times", 1.25);
    for (filling, piece) in FILLINGS {
        let (large, small) = (body(piece, 64 * 1024), body(piece, 16 * 1024));
        linear.compare(filling, || parse(&large), || (0..4).for_each(|_| parse(&small)));
    }
    ratios.are_kept() && linear.are_kept()
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
