//! What the benchmarks of this package are made of: a gateway that answers at once, the client that a merchant would
//! write by hand, and the ratio of two pieces of code that are run by turns.

mod by_hand;
mod form;
mod gateway;
mod order;
mod ours;
mod ratio;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

pub use by_hand::ByHand;
pub use form::{Form, Status};
pub use gateway::{Gateway, PAID, REFUSED, TOKEN};
pub use order::{ORDER, Order};
pub use ours::{Ours, client};
pub use ratio::{Ratios, median};

/// Runs a benchmark, which tells whether its limits are kept. Without `--bench`, which `cargo bench` adds, it is a test
/// among others that asks for it, in a debug build: there is nothing to measure.
pub fn bench(are_kept: impl FnOnce() -> bool) -> ExitCode {
    let measures = env::args().any(|argument| argument == "--bench");
    if !measures || are_kept() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints a line. Unlike `println!`, never panics when nobody reads.
pub fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// The documentation's demo merchant.
pub const API_CLIENT: &str = "demo";

/// The documentation's demo key.
pub const SECRET_KEY: &str = "054e9a59-ab57-4e9a-940d-97e6b940d875";

/// The documentation's token, as a merchant kept it.
pub const KEPT_TOKEN: &str = "940d4e9aab5797e6055e1259b84a9875";

/// A callback as the documentation has it.
pub const DOCUMENTED_CALLBACK: &str = "purchaseToken=940d4e9aab5797e6055e1259b84a9875&paymentSuccessful=true&status=SUCCESS&message=Paiement+r%C3%A9ussi.";
