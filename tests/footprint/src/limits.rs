use crate::measure::Figures;

/// `ekolopay` may have this many crates more than the program written by hand.
const CRATES: usize = 3;

/// Its binary may be this much larger.
const BYTES: u64 = 60_000;

/// Its build may take this many times as long.
const BUILD: f64 = 1.2;

/// With fewer rounds a ratio of times says too little to be held to a limit.
const ROUNDS: usize = 3;

/// The limits that `own` exceeds, each with the figures, for a person to read.
pub fn exceeded(own: &Figures, base: &Figures, rounds: usize) -> Vec<String> {
    let mut exceeded = Vec::new();
    if own.crates > base.crates + CRATES {
        exceeded.push(format!("{} crates, {} by hand: the limit is {CRATES} more", own.crates, base.crates));
    }
    if own.bytes > base.bytes + BYTES {
        exceeded.push(format!("{} bytes, {} by hand: the limit is {BYTES} more", own.bytes, base.bytes));
    }
    if rounds >= ROUNDS && own.build > BUILD {
        exceeded.push(format!("{:.2} times the build by hand: the limit is {BUILD}", own.build));
    }
    exceeded
}
