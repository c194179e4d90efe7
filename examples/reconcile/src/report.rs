//! What is said to people, on stderr.

use std::io::{self, Write};

use crate::exit::Exit;
use crate::job::Ended;
use crate::output::Output;
use crate::row::Outcome;

/// Unlike `eprintln!`, never panics when nobody reads.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Says how it ended and what stands in the output; the exit code for it.
pub(crate) fn summary(ended: &Ended, output: &Output, left: u64) -> Exit {
    let counts = output.counts();
    for outcome in Outcome::ALL {
        say(&format!("{:<9} {:>9}", outcome.word(), counts.of(outcome)));
    }
    say(&format!("{:<9} {left:>9}", "left"));
    let path = output.path().display();
    match ended {
        Ended::Done if counts.of(Outcome::Refused) + counts.of(Outcome::Error) > 0 => {
            say(&format!("Done, and some rows of {path} are refused or error: nothing is known about those payments."));
            Exit::Look
        }
        Ended::Done => {
            say(&format!("Done: every token is in {path}."));
            Exit::Known
        }
        Ended::Unavailable(text) => {
            say(&format!("Stopped: {text}. Start it again to go on."));
            Exit::Unavailable
        }
        Ended::NoAnswer(text) => {
            say(&format!("Gave up: the gateway gives no usable answer; the last was: {text}"));
            say("Are the network, the origin and the credentials right? Start it again to go on.");
            say("If they are, it is the tokens that are next: a larger --give-up-after, or 0, goes past them.");
            Exit::NoAnswer
        }
    }
}
