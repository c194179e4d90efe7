//! How many instructions a call takes, counted by valgrind. With canned replies it is nearly the same on every run, however
//! busy the machine is; over loopback, where threads meet, within some percent.

use ekolopay_cost::peers::{OWN_CALLS, PEERS, gateway, made_calls, of_1000_calls};

fn main() -> Result<(), String> {
    if made_calls() {
        return Ok(());
    }
    let origin = gateway(None);
    for name in OWN_CALLS.map(|(name, _)| name).into_iter().chain(PEERS.map(|(name, _)| name)) {
        let tool = "valgrind --tool=callgrind --callgrind-out-file=/dev/null";
        let instructions = of_1000_calls(tool, name, &origin, |report| {
            report.split_once("Collected : ")?.1.lines().next()?.trim().parse().ok()
        })?;
        println!("{name:<32} {:>8} instructions per call", instructions / 1_000);
    }
    Ok(())
}
