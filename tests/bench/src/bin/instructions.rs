//! How many instructions a call takes, counted by valgrind. With canned replies it is nearly the same on every run, however
//! busy the machine is; over loopback, where threads meet, within some percent.
//!
//! `cargo run --release -p ekolopay-bench --bin instructions`

use std::env;
use std::process::{Command, ExitCode};

use ekolopay::purchase::PurchaseToken;
use ekolopay_bench::{ByHand, Gateway, KEPT_TOKEN, ORDER, Ours, say};

/// What is counted, what it is compared with, and how a client of the gateway at an origin makes one call after another.
type Case = (&'static str, Option<&'static str>, fn(&str) -> Box<dyn Fn()>);

const CASES: [Case; 7] = [
    ("check_availability, canned", None, |_| {
        let ours = Ours::canned();
        Box::new(move || assert!(ours.check_availability().is_ok()))
    }),
    ("check_payment, canned", None, |_| check_payment(Ours::canned())),
    ("create_purchase_token, canned", None, |_| create_purchase_token(Ours::canned())),
    ("check_payment by hand", None, |origin| {
        let by_hand = ByHand::new(origin, None);
        Box::new(move || assert!(by_hand.check_payment(KEPT_TOKEN).expect("an answer")))
    }),
    ("check_payment", Some("check_payment by hand"), |origin| check_payment(Ours::new(origin, None))),
    ("create_purchase_token by hand", None, |origin| {
        let by_hand = ByHand::new(origin, None);
        Box::new(move || assert!(by_hand.create_purchase_token(&ORDER).is_ok()))
    }),
    ("create_purchase_token", Some("create_purchase_token by hand"), |origin| {
        create_purchase_token(Ours::new(origin, None))
    }),
];

fn check_payment(ours: Ours) -> Box<dyn Fn()> {
    let token: PurchaseToken = KEPT_TOKEN.parse().expect("a token");
    Box::new(move || assert!(ours.check_payment(&token).expect("an answer")))
}

fn create_purchase_token(ours: Ours) -> Box<dyn Fn()> {
    Box::new(move || assert!(ours.create_purchase_token(&ORDER).is_ok()))
}

/// How this program tells itself, under valgrind, to make so many calls.
const CALLS: &str = "--calls";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {}
        [CALLS, case, times, origin] => {
            let (_, _, client) = CASES.iter().find(|(name, ..)| *name == case).expect("a case");
            let call = client(origin);
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
    for (case, other, _) in CASES {
        let instructions = instructions(case, &gateway.origin)?;
        let by_hand = counted.iter().find(|(case, _)| Some(*case) == other);
        let ratio = by_hand.map(|(other, by_hand)| {
            #[expect(clippy::cast_precision_loss, reason = "thousands")]
            let ratio = instructions as f64 / *by_hand as f64;
            format!(", {ratio:.2} of {other}")
        });
        say(&format!("{case:<32} {instructions:>8} instructions a call{}", ratio.unwrap_or_default()));
        counted.push((case, instructions));
    }
    Ok(())
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
