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

impl Exit {
    /// By number.
    pub(crate) const ALL: [Exit; 7] =
        [Exit::Done, Exit::Refused, Exit::BadInput, Exit::Unavailable, Exit::NoAnswer, Exit::Local, Exit::NotPaid];

    /// The exit code, and its line in the help.
    ///
    /// 2 is that of the argument parser. "Not paid" has a number that no shell, container or night job uses.
    pub(crate) fn row(self) -> (u8, &'static str) {
        match self {
            Exit::Done => (0, "done; for check and callback --verify: paid"),
            Exit::Refused => (1, "the gateway refused, and says why"),
            Exit::BadInput => (2, "bad input: an argument, a variable, a token, a callback; nothing was sent for it"),
            Exit::Unavailable => (3, "the gateway is unavailable; nothing was done"),
            Exit::NoAnswer => (4, "no usable answer from the gateway"),
            Exit::Local => (5, "a file cannot be read, the output cannot be written, or the port is in use"),
            Exit::NotPaid => (10, "not paid, or not yet"),
        }
    }

    /// The exit code of a verified payment, and the words for it.
    pub(crate) fn of_payment(paid: bool) -> (Exit, &'static str) {
        if paid { (Exit::Done, "paid") } else { (Exit::NotPaid, "not paid, or not yet") }
    }
}
