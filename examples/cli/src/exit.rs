//! The exit codes, by one list: the help prints it, and `--json` uses its names.

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

    /// 2 is the argument parser's own. 1 is what a shell, a wrapper or a container ends with when it fails itself,
    /// and so must not be "not paid".
    pub(crate) fn number(self) -> u8 {
        match self {
            Code::Done => 0,
            Code::Local => 1,
            Code::BadInput => 2,
            Code::NotPaid => 3,
            Code::Unavailable => 4,
            Code::NotSent => 5,
            Code::Unknown => 6,
            Code::UnexpectedReply => 7,
            Code::Refused => 8,
        }
    }

    /// `error` in JSON, when it is one.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Code::Done => "done",
            Code::Local => "local",
            Code::BadInput => "bad_input",
            Code::NotPaid => "not_paid",
            Code::Unavailable => "unavailable",
            Code::NotSent => "not_sent",
            Code::Unknown => "outcome_unknown",
            Code::UnexpectedReply => "unexpected_reply",
            Code::Refused => "refused",
        }
    }

    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Code::Done => "done; of check and callback --verify: paid",
            Code::Local => "a file cannot be read, or the output cannot be written",
            Code::BadInput => "bad input: an argument, a variable, a token, a callback",
            Code::NotPaid => "not paid, or not yet",
            Code::Unavailable => "the gateway is out of service; nothing was done",
            Code::NotSent => "network: nothing was sent",
            Code::Unknown => "network: sent, and the outcome is unknown",
            Code::UnexpectedReply => "the gateway answered what its documentation does not know",
            Code::Refused => "the gateway refused, and says why",
        }
    }
}
