//! Many threads on one `Gateway`, beside as many threads with a hand-written client each: calls in the same time, and
//! connections that are opened.

use std::process::ExitCode;
use std::thread;

use ekolopay::purchase::PurchaseToken;
use ekolopay_bench::{ByHand, Gateway, KEPT_TOKEN, Ours, Ratios, bench, say};

/// Calls of all threads together in one turn, so that the threads' own beginning and end weigh little.
const CALLS: usize = 320;

fn main() -> ExitCode {
    bench(are_kept)
}

fn are_kept() -> bool {
    let token: PurchaseToken = KEPT_TOKEN.parse().expect("a token");
    let mut ratios =
        Ratios::at_most("One Gateway for all threads ÷ a client each, time for as many calls", 1.05).once_a_turn();
    let mut all_in_bounds = true;
    for threads in [1, 4, 16, 64] {
        let (shared, own) = (Gateway::plain(), Gateway::plain());
        let ours = Ours::new(&shared.origin, None);
        let by_hand: Vec<ByHand> = (0..threads).map(|_| ByHand::new(&own.origin, None)).collect();
        ratios.compare(
            &format!("{threads} threads"),
            || {
                thread::scope(|scope| {
                    for _ in 0..threads {
                        scope.spawn(|| calls(threads, || ours.check_payment(&token).expect("an answer")));
                    }
                });
            },
            || {
                thread::scope(|scope| {
                    for client in &by_hand {
                        scope.spawn(|| calls(threads, || client.check_payment(token.as_str()).expect("an answer")));
                    }
                });
            },
        );
        let opened = shared.connections();
        let in_bounds = opened <= threads;
        all_in_bounds &= in_bounds;
        let verdict = if in_bounds { "" } else { "  too many" };
        say(&format!("  connections opened: {opened} by the one, {} by the others{verdict}", own.connections()));
    }
    ratios.are_kept() && all_in_bounds
}

/// The share of one of so many threads.
fn calls(threads: usize, is_paid: impl Fn() -> bool) {
    for _ in 0..CALLS / threads {
        assert!(is_paid());
    }
}
