//! What the benchmarks of this package are made of: a gateway that answers at once, the clients that are compared, and
//! a clock that lets them take turns.

mod child;
mod form;
mod gateway;
mod merchant;
mod ours;
mod peers;
mod turns;

use std::io::{self, Write};

pub use child::{made_calls, under};
pub use form::{Form, Status};
pub use gateway::Gateway;
pub use ours::{canned, client, is_paid, purchase};
pub use peers::{Check, PEERS, Peer};
pub use turns::{Ratio, ratios};

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
