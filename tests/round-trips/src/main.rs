//! Prints what a call costs over lines of three lengths, for the SDK and for a hand-written client side by side.

mod rounds;
mod table;

use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::thread;
use std::time::Duration;

use crate::rounds::Measured;

/// Within a region, from Congo to Europe, and over a bad line.
const DELAYS: [Duration; 3] = [Duration::from_millis(50), Duration::from_millis(150), Duration::from_millis(300)];

fn main() -> Result<(), Box<dyn Error>> {
    eprintln!("{} rounds, with idle times of more than 3 s: this takes about a minute.", rounds::ROUNDS);
    // At the same time, since nearly all of it is waiting.
    let measured: Vec<Measured> = thread::scope(|scope| {
        let lines = DELAYS.map(|delay| scope.spawn(move || rounds::measure(delay).map_err(|error| error.to_string())));
        lines.into_iter().map(|line| line.join().expect("no thread panicked")).collect::<Result<_, _>>()
    })?;
    match writeln!(io::stdout(), "{}", table::of(&measured)) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
