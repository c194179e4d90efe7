//! How many instructions a call takes, counted by valgrind. With canned replies it is nearly the same on every run, however
//! busy the machine is; over loopback, where threads meet, within some percent.
//!
//! `cargo run --release -p ekolopay-bench --bin instructions`

use std::env;
use std::process::{Command, ExitCode};

use ekolopay::purchase::PurchaseToken;
use ekolopay_bench::{ByHand, Gateway, KEPT_TOKEN, ORDER, Ours, say};

type Call = Box<dyn Fn()>;

/// What is counted, and what it is compared with.
const CASES: [(&str, &str); 7] = [
    ("check_availability, canned", ""),
    ("check_payment, canned", ""),
    ("create_purchase_token, canned", ""),
    ("check_payment by hand", ""),
    ("check_payment", "check_payment by hand"),
    ("create_purchase_token by hand", ""),
    ("create_purchase_token", "create_purchase_token by hand"),
];

/// How this program tells itself, under valgrind, to make so many calls.
const CALLS: &str = "--calls";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {}
        [CALLS, case, times, origin] => {
            let call = call(case, origin);
            (0..times.parse().unwrap_or(0)).for_each(|_| call());
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("there are no arguments to give");
            return ExitCode::FAILURE;
        }
    }
    match count_all() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn count_all() -> Result<(), String> {
    let gateway = Gateway::plain();
    let mut counted: Vec<(&str, u64)> = Vec::new();
    for (case, other) in CASES {
        let instructions = instructions(case, &gateway.origin)?;
        let ratio = counted.iter().find(|(case, _)| *case == other).map(|(_, by_hand)| {
            #[expect(clippy::cast_precision_loss, reason = "thousands")]
            let ratio = instructions as f64 / *by_hand as f64;
            format!(", {ratio:.2} of {other}")
        });
        say(&format!("{case:<32} {instructions:>8} instructions a call{}", ratio.unwrap_or_default()));
        counted.push((case, instructions));
    }
    Ok(())
}

fn call(case: &str, origin: &str) -> Call {
    let token: PurchaseToken = KEPT_TOKEN.parse().expect("a token");
    let ours = if case.ends_with("canned") { Ours::canned() } else { Ours::new(origin, None) };
    let by_hand = ByHand::new(origin, None);
    if case.starts_with("check_availability") {
        return Box::new(move || assert!(ours.check_availability().is_ok()));
    }
    match (case.starts_with("check_payment"), case.ends_with("by hand")) {
        (true, false) => Box::new(move || assert!(ours.check_payment(&token).expect("an answer"))),
        (true, true) => Box::new(move || assert!(by_hand.check_payment(token.as_str()).expect("an answer"))),
        (false, false) => Box::new(move || assert!(ours.create_purchase_token(&ORDER).is_ok())),
        (false, true) => Box::new(move || assert!(by_hand.create_purchase_token(&ORDER).is_ok())),
    }
}

/// What 1,000 calls more cost, a call: what is done once is left out.
fn instructions(case: &str, origin: &str) -> Result<u64, String> {
    let (few, many) = (run(case, 100, origin)?, run(case, 1_100, origin)?);
    Ok((many - few) / 1_000)
}

/// What callgrind counts of this very program, making so many calls.
fn run(case: &str, times: u32, origin: &str) -> Result<u64, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([CALLS, case, &times.to_string(), origin])
        .output()
        .map_err(|error| format!("valgrind is needed: {error}"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report.split_once("Collected : ").and_then(|(_, rest)| rest.lines().next()?.trim().parse().ok());
    collected.filter(|_| output.status.success()).ok_or_else(|| format!("callgrind counted nothing:\n{report}"))
}
