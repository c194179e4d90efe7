//! How many instructions a call takes, counted by valgrind: the same on every run, however busy the machine is.
//!
//! `cargo run --release -p ekolopay-bench --bin instructions`

use std::env;
use std::process::{Command, ExitCode};

use ekolopay::purchase::PurchaseToken;
use ekolopay_bench::{ByHand, Gateway, KEPT_TOKEN, ORDER, Ours};

type Call = Box<dyn Fn()>;

/// What is counted, and what it is compared with.
const CASES: [(&str, &str); 6] = [
    ("check_payment, canned", ""),
    ("create_purchase_token, canned", ""),
    ("check_payment by hand", ""),
    ("check_payment", "check_payment by hand"),
    ("create_purchase_token by hand", ""),
    ("create_purchase_token", "create_purchase_token by hand"),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [case, times, origin] = arguments.as_slice() {
        let call = call(case, origin);
        (0..times.parse().unwrap_or(0)).for_each(|_| call());
        return ExitCode::SUCCESS;
    }
    let gateway = Gateway::plain();
    let mut counted: Vec<(&str, u64)> = Vec::new();
    for (case, other) in CASES {
        let Some(instructions) = instructions(case, &gateway.origin) else {
            eprintln!("valgrind is needed: its callgrind counted nothing");
            return ExitCode::FAILURE;
        };
        print!("{case:<32} {instructions:>8} instructions a call");
        if let Some((_, by_hand)) = counted.iter().find(|(case, _)| *case == other) {
            #[expect(clippy::cast_precision_loss, reason = "thousands")]
            let ratio = instructions as f64 / *by_hand as f64;
            print!(", {ratio:.2} of {other}");
        }
        println!();
        counted.push((case, instructions));
    }
    ExitCode::SUCCESS
}

fn call(case: &str, origin: &str) -> Call {
    let token: PurchaseToken = KEPT_TOKEN.parse().expect("a token");
    let ours = if case.ends_with("canned") { Ours::canned() } else { Ours::new(origin, None) };
    let by_hand = ByHand::new(origin, None);
    match (case.starts_with("check_payment"), case.ends_with("by hand")) {
        (true, false) => Box::new(move || assert!(ours.check_payment(&token).expect("an answer"))),
        (true, true) => Box::new(move || assert!(by_hand.check_payment(token.as_str()).expect("an answer"))),
        (false, false) => Box::new(move || assert!(ours.create_purchase_token(&ORDER).is_ok())),
        (false, true) => Box::new(move || assert!(by_hand.create_purchase_token(&ORDER).is_ok())),
    }
}

/// What 1,000 calls more cost, a call: what is done once is left out.
fn instructions(case: &str, origin: &str) -> Option<u64> {
    let (few, many) = (run(case, 100, origin)?, run(case, 1_100, origin)?);
    Some((many - few) / 1_000)
}

/// What callgrind counts of this very program, making so many calls.
fn run(case: &str, times: u32, origin: &str) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().ok()?)
        .args([case, &times.to_string(), origin])
        .output()
        .ok()?;
    let report = String::from_utf8(output.stderr).ok()?;
    let (_, collected) = report.split_once("Collected : ")?;
    collected.lines().next()?.trim().parse().ok()
}
