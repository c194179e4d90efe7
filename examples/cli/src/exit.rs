//! The exit codes, in one list: the help prints it. The night job's codes mean the same.

/// How a command ended, the best first. Of several tokens the worst decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    Done,
    NotPaid,
    Unavailable,
    NoAnswer,
    Refused,
    BadInput,
    Local,
}

/// The codes, and their lines in the help.
///
/// 2 is that of the argument parser. "Not paid" has a number of its own: a shell or a container that fails must not look like it.
pub(crate) const TABLE: [(u8, Exit, &str); 7] = [
    (0, Exit::Done, "done; for check and callback --verify: paid"),
    (1, Exit::Refused, "the gateway refused, and says why"),
    (2, Exit::BadInput, "bad input: an argument, a variable, a token, a callback; nothing was sent for it"),
    (3, Exit::Unavailable, "the gateway is unavailable; nothing was done"),
    (4, Exit::NoAnswer, "no usable answer from the gateway"),
    (5, Exit::Local, "a file cannot be read, the output cannot be written, or the port is in use"),
    (10, Exit::NotPaid, "not paid, or not yet"),
];

impl Exit {
    pub(crate) fn code(self) -> u8 {
        TABLE.iter().find(|(_, exit, _)| *exit == self).map_or(5, |(code, ..)| *code)
    }

    /// The exit code of a verified payment, and the words for it.
    pub(crate) fn of_payment(paid: bool) -> (Exit, &'static str) {
        if paid { (Exit::Done, "paid") } else { (Exit::NotPaid, "not paid, or not yet") }
    }
}
