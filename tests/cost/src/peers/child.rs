use std::env;
use std::process::Command;

use super::{OWN_CALLS, PEERS};

/// Makes the calls that [`of_1000_calls`] asked this program for; false when nobody did.
pub fn made_calls() -> bool {
    let arguments: Vec<String> = env::args().collect();
    let [_, name, times, origin] = &arguments[..] else { return false };
    let own = OWN_CALLS.iter().find(|(own, _)| own == name).map(|(_, call)| call());
    let check = || PEERS.iter().find(|(peer, _)| peer == name).map(|(_, peer)| peer(origin, None, 1).remove(0));
    let mut call = own.or_else(check).expect("a call");
    (0..times.parse().expect("a number")).for_each(|_| call());
    true
}

/// Runs this program as a child under a tool that counts, and gives the count of 1,000 calls. Work that is done once is
/// left out: it is the difference of 1,100 calls and 100.
pub fn of_1000_calls(tool: &str, name: &str, origin: &str, count: fn(&str) -> Option<u64>) -> Result<u64, String> {
    let counted = |times: &str| {
        let (tool, program) = (Vec::from_iter(tool.split(' ')), env::current_exe().expect("this program"));
        let output = Command::new(tool[0]).args(&tool[1..]).arg(program).args([name, times, origin]).output();
        let output = output.map_err(|error| format!("{} is needed: {error}", tool[0]))?;
        let report = String::from_utf8_lossy(&output.stderr);
        let count = output.status.success().then(|| count(&report)).flatten();
        count.ok_or_else(|| format!("{} counted nothing:\n{report}", tool[0]))
    };
    Ok(counted("1100")?.saturating_sub(counted("100")?))
}
