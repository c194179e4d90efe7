//! What a call costs over a long line, exactly; and that the counts and the clock would show it if it cost more.

mod calls;
mod clock;
mod contrast;
mod relay;
#[cfg(target_os = "linux")]
mod segments;

use std::time::Duration;

use ekolopay_round_trips::{Crossed, FarGateway, Served};

/// Far longer than a client takes to write what it has to say, on a busy machine too.
const ROUND_TRIP: Duration = Duration::from_millis(200);

/// What these calls cost: this, counted at the line and at the server. By the clock no trip may be missing either;
/// that there is none too many a busy machine cannot tell, see [`clock`].
#[track_caller]
fn costs<T>(far: &FarGateway, crossed: Crossed, served: Served, calls: impl FnOnce() -> T) -> T {
    let (cost, outcome) = far.cost(calls);
    assert_eq!((cost.crossed, cost.served), (crossed, served));
    assert!(cost.elapsed >= trips(crossed), "{cost:?}");
    outcome
}

fn trips(crossed: Crossed) -> f64 {
    u32::try_from(crossed.round_trips).unwrap().into()
}
