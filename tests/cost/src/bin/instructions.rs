//! How many instructions a check takes, counted by valgrind. With a canned reply it is nearly the same on every run,
//! however busy the machine is; over loopback, where threads meet, within some percent.
//!
//! With arguments it makes the checks that are counted: a client, how many, the gateway's origin and its root.

use std::env;
use std::process::Command;

use ekolopay::canned::PAID;
use ekolopay::transport::{Reply, Request};
use ekolopay_cost::peers::{PEERS, Peer, builder, check_payment, paid};
use ekolopay_test_kit::{Authority, Server};

/// The SDK's own work: its code from argument to result, with no network.
const OWN: (&str, Peer) =
    ("ekolopay, canned reply", |_, _| check_payment(builder().transport(|_: &Request| Ok(Reply::new(200, PAID)))));

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let mut clients = [OWN].into_iter().chain(PEERS);
    if let [wanted, times, origin, root] = &arguments[..] {
        let mut check = clients.find(|(name, _)| name == wanted).expect("a client").1(origin, root);
        return (0..times.parse().expect("a number")).for_each(|_| check());
    }
    let (origin, root) = (Server::start(paid).origin, Authority::new().pem());
    for (name, _) in clients {
        // Without what is done once.
        let [more, fewer] = ["1100", "100"].map(|times| {
            let mut valgrind = Command::new("valgrind");
            let program = env::current_exe().expect("a path");
            valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
            let output = valgrind.args([name, times, &origin, &root]).output().expect("apt-get install valgrind");
            let report = String::from_utf8_lossy(&output.stderr);
            let count = report.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse::<u64>().ok());
            count.unwrap_or_else(|| panic!("valgrind counted nothing:\n{report}"))
        });
        println!("{name:<24} {:>8} instructions per check", (more - fewer) / 1_000);
    }
}
