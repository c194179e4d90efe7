//! The exit codes, in one list: the help prints it, and JSON uses its names.

/// How a command ended, the best first. Of several tokens the worst decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Code {
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

impl Code {
    /// By number.
    pub(crate) const ALL: [Code; 9] = [
        Code::Done,
        Code::Local,
        Code::BadInput,
        Code::NotPaid,
        Code::Unavailable,
        Code::NotSent,
        Code::Unknown,
        Code::UnexpectedReply,
        Code::Refused,
    ];

    /// The exit code, its name in JSON, and its line in the help.
    ///
    /// 2 is the argument parser's own. 1 is what a shell, a wrapper or a container ends with when it fails itself, and
    /// so must not be "not paid".
    pub(crate) fn row(self) -> (u8, &'static str, &'static str) {
        match self {
            Code::Done => (0, "done", "done; of check and callback --verify: paid"),
            Code::Local => (1, "local", "a file cannot be read, or the output cannot be written"),
            Code::BadInput => (2, "bad_input", "bad input: an argument, a variable, a token, a callback"),
            Code::NotPaid => (3, "not_paid", "not paid, or not yet"),
            Code::Unavailable => (4, "unavailable", "the gateway is out of service; nothing was done"),
            Code::NotSent => (5, "not_sent", "network: nothing was sent"),
            Code::Unknown => (6, "outcome_unknown", "network: sent, and the outcome is unknown"),
            Code::UnexpectedReply => {
                (7, "unexpected_reply", "the gateway answered what its documentation does not know")
            }
            Code::Refused => (8, "refused", "the gateway refused, and says why"),
        }
    }

    pub(crate) fn number(self) -> u8 {
        self.row().0
    }

    pub(crate) fn name(self) -> &'static str {
        self.row().1
    }
}
