//! The exit codes, in one list: the help prints it, and JSON uses its names.

/// How a command ended, the best first. Of several tokens the worst decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    Done,
    NotPaid,
    Unavailable,
    NotSent,
    Unknown,
    UnexpectedReply,
    Refused,
    BadInput,
    Local,
}

impl Exit {
    /// By number.
    pub(crate) const ALL: [Exit; 9] = [
        Exit::Done,
        Exit::Local,
        Exit::BadInput,
        Exit::NotPaid,
        Exit::Unavailable,
        Exit::NotSent,
        Exit::Unknown,
        Exit::UnexpectedReply,
        Exit::Refused,
    ];

    /// The exit code, its name in JSON, and its line in the help.
    ///
    /// 2 is that of the argument parser. A shell or a container that fails ends with 1, so 1 must not be "not paid".
    pub(crate) fn row(self) -> (u8, &'static str, &'static str) {
        match self {
            Exit::Done => (0, "done", "done; for check and callback --verify: paid"),
            Exit::Local => (1, "local", "a file cannot be read, or the output cannot be written"),
            Exit::BadInput => (2, "bad_input", "bad input: an argument, a variable, a token, a callback"),
            Exit::NotPaid => (3, "not_paid", "not paid, or not yet"),
            Exit::Unavailable => (4, "unavailable", "the gateway is out of service; nothing was done"),
            Exit::NotSent => (5, "not_sent", "network: nothing was sent"),
            Exit::Unknown => (6, "outcome_unknown", "network: sent, and the outcome is unknown"),
            Exit::UnexpectedReply => (7, "unexpected_reply", "the gateway's reply is not a documented one"),
            Exit::Refused => (8, "refused", "the gateway refused, and says why"),
        }
    }

    /// The exit code of a verified payment, and the words for it.
    pub(crate) fn of_payment(paid: bool) -> (Exit, &'static str) {
        if paid { (Exit::Done, "paid") } else { (Exit::NotPaid, "not paid, or not yet") }
    }
}
