use std::env;
use std::process::Command;

use crate::{PEERS, canned, is_paid, purchase};

const CALLS: &str = "--calls";

/// Makes the calls that [`under`] asked this program for; false when nobody did.
pub fn made_calls() -> bool {
    let arguments: Vec<String> = env::args().collect();
    let [_, flag, case, times, origin] = &arguments[..] else { return false };
    if flag != CALLS {
        return false;
    }
    let mut call = call(case, origin);
    (0..times.parse().expect("a number")).for_each(|_| call());
    true
}

/// Runs this program as a child under a tool that counts, making so many calls, and gives what the tool says of it.
pub fn under(tool: &[&str], case: &str, times: u32, origin: &str) -> Result<String, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(tool[0])
        .args(&tool[1..])
        .arg(program)
        .args([CALLS, case, &times.to_string(), origin])
        .output()
        .map_err(|error| format!("{} is needed: {error}", tool[0]))?;
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(report) } else { Err(report) }
}

fn call(case: &str, origin: &str) -> Box<dyn FnMut()> {
    let ours = canned();
    match case {
        "check_availability, canned" => Box::new(move || ours.check_availability().expect("a gateway")),
        "check_payment, canned" => {
            let token = crate::KEPT_TOKEN.parse().expect("a token");
            Box::new(move || assert!(is_paid(&ours, &token)))
        }
        "create_purchase_token, canned" => Box::new(move || assert!(ours.create_purchase_token(&purchase()).is_ok())),
        _ => {
            let (_, peer) = PEERS.iter().find(|(name, _)| *name == case).expect("a case");
            peer(origin, None, 1).remove(0)
        }
    }
}
