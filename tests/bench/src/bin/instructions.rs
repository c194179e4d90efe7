//! How many instructions a call takes, counted by valgrind. With canned replies it is nearly the same on every run, however
//! busy the machine is; over loopback, where threads meet, within some percent.

use std::process::ExitCode;

use ekolopay_bench::{Gateway, PEERS, made_calls, say, under};

const CANNED: [&str; 3] = ["check_availability, canned", "check_payment, canned", "create_purchase_token, canned"];

fn main() -> ExitCode {
    if made_calls() {
        return ExitCode::SUCCESS;
    }
    let gateway = Gateway::plain();
    for case in CANNED.into_iter().chain(PEERS.map(|(name, _)| name)) {
        match instructions(case, &gateway.origin) {
            Ok(instructions) => say(&format!("{case:<32} {instructions:>8} instructions a call")),
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// What 1,000 calls more cost, a call: what is done once is left out.
fn instructions(case: &str, origin: &str) -> Result<u64, String> {
    let run = |times| {
        let report = under(&["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"], case, times, origin)?;
        let collected =
            report.split_once("Collected : ").and_then(|(_, rest)| rest.lines().next()?.trim().parse().ok());
        collected.ok_or_else(|| format!("callgrind counted nothing:\n{report}"))
    };
    let (few, many): (u64, u64) = (run(100)?, run(1_100)?);
    Ok((many - few) / 1_000)
}
