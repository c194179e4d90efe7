//! A check over loopback by `ekolopay`, compared with the clients that a merchant would use instead. Client and gateway
//! are pinned: to one core, which they share, then to two. Fails when a limit is broken.

use std::thread;
use std::time::{Duration, Instant};

use ekolopay_cost::peers::{PEERS, paid};
use ekolopay_test_kit::{Authority, Server};

/// A case, whether it is over TLS, the gateway's core, and the limits for all peers but `ekolopay`.
const CASES: [(&str, bool, usize, [f64; 4]); 4] = [
    ("one core", false, 0, [1.00, 0.70, 0.65, f64::INFINITY]),
    ("two cores", false, 1, [1.20, 0.90, 0.65, f64::INFINITY]),
    ("TLS, one core", true, 0, [0.95, 0.70, 0.65, f64::INFINITY]),
    ("TLS, two cores", true, 1, [f64::INFINITY; 4]),
];

/// Each client has this many turns of at least this length.
const TURNS: usize = 280;
const TURN: Duration = Duration::from_millis(4);

fn main() {
    let mut broken = Vec::new();
    for (case, tls, core, limits) in CASES {
        // A thread of its own, since what is pinned stays so.
        let ratios = thread::spawn(move || ratios(tls, core)).join().expect("no panic");
        for (((peer, _), ratio), limit) in PEERS[1..].iter().zip(ratios).zip(limits) {
            let line = format!("{case:<14}  ekolopay ÷ {peer:<17}  {ratio:.2}  limit {limit:.2}");
            println!("{line}");
            broken.extend((ratio > limit).then_some(line));
        }
    }
    assert!(broken.is_empty(), "too slow: {broken:#?}");
}

/// The time of a check by `ekolopay` ÷ that of each other client: the median of the turns.
fn ratios(tls: bool, core: usize) -> Vec<f64> {
    let authority = Authority::new();
    // Read once, since a pinned thread has one core. The threads of client and gateway inherit that of their maker.
    let cores = core_affinity::get_core_ids().expect("the cores");
    let pin = |core: usize| assert!(core_affinity::set_for_current(cores[core]), "a core to be pinned to");
    pin(core);
    let server = if tls { Server::start_tls(authority.config("localhost"), paid) } else { Server::start(paid) };
    pin(0);
    let (origin, root) = (server.origin.replace("127.0.0.1", "localhost"), authority.pem());
    // The raw socket speaks no TLS.
    let peers = &PEERS[..PEERS.len() - usize::from(tls)];
    let mut checks: Vec<_> = peers.iter().map(|(_, peer)| peer(&origin, &root)).collect();
    let mut ratios = vec![Vec::new(); checks.len()];
    for turn in 0..TURNS {
        let mut times = vec![0.0; checks.len()];
        for place in 0..checks.len() {
            // Each goes first in turn.
            let place = (turn + place) % checks.len();
            let (start, mut made) = (Instant::now(), 0.0);
            while start.elapsed() < TURN {
                checks[place]();
                made += 1.0;
            }
            times[place] = start.elapsed().as_secs_f64() / made;
        }
        ratios.iter_mut().zip(&times).for_each(|(ratios, time)| ratios.push(times[0] / time));
    }
    assert_eq!(server.connections(), checks.len(), "each keeps its connection");
    ratios[1..].iter_mut().map(|turns| *turns.select_nth_unstable_by(TURNS / 2, f64::total_cmp).1).collect()
}
