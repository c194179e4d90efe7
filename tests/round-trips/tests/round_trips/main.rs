//! What a call costs over a long line, exactly; and that the counts and the clock would show it if it cost more.

mod calls;
mod contrast;
mod relay;
#[cfg(target_os = "linux")]
mod segments;

use std::time::Duration;

use ekolopay_round_trips::{Cost, Crossed, FarGateway, Served};

/// So long that what the machine itself takes is far less than one of them.
const ROUND_TRIP: Duration = Duration::from_millis(200);

/// By the clock no trip can be missing, and not a whole one too many.
#[track_caller]
fn agrees(elapsed: f64, round_trips: usize) {
    let round_trips = u32::try_from(round_trips).unwrap();
    let within = f64::from(round_trips)..f64::from(round_trips + 1);
    assert!(within.contains(&elapsed), "{round_trips} round trips were counted, and it took {elapsed:.2} of them");
}

/// What these calls cost: this, counted at the line, at the server and by the clock.
#[track_caller]
fn costs<T>(far: &FarGateway, crossed: Crossed, served: Served, calls: impl FnOnce() -> T) -> T {
    let (cost, outcome) = far.cost(calls);
    let Cost { elapsed, .. } = cost;
    assert_eq!((cost.crossed, cost.served), (crossed, served));
    agrees(elapsed, crossed.round_trips);
    outcome
}
