//! The exit codes of both programs, in one list: the help pages print it, and the READMEs show it.

/// How a program ended, the best first. Of several tokens the worst decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Done,
    NothingToDo,
    NotPaid,
    Unavailable,
    NoAnswer,
    Refused,
    BadInput,
    Local,
}

/// A code, what it means for `ekolopay`, and what for the night job.
pub type Row = (u8, &'static str, &'static str);

/// 2 is that of the argument parser. "Not paid" has a number of its own: a shell or a container that fails must not look like it.
pub const TABLE: [Row; 10] = [
    (0, "done; for check and callback --verify: paid", "every token is in the output, paid or not_paid"),
    (1, "the gateway refused, and says why", "refused or error rows, an order paid twice, or every token refused"),
    (2, "bad input: an argument, a variable, a file, a token", "bad input: an argument, a variable, a file, a line"),
    (3, "the gateway is unavailable; nothing was done", "the gateway is unavailable"),
    (4, "no usable answer from the gateway", "no usable answer from the gateway"),
    (5, "this machine: output, port, memory, connections", "this machine: output, disk, memory, threads, connections"),
    (6, "", "nothing to do: the list has no tokens, or the output answers all of them"),
    (10, "not paid, or not yet", ""),
    (130, "stopped by Ctrl-C", "stopped by Ctrl-C; the same command continues"),
    (143, "stopped by SIGTERM", "stopped by SIGTERM; the same command continues"),
];

/// The end of a help page.
pub fn help(meaning: fn(&Row) -> &'static str) -> String {
    let used = TABLE.iter().filter(|row| !meaning(row).is_empty());
    let lines: String = used.map(|row| format!("\n  {:<3}  {}", row.0, meaning(row))).collect();
    format!("Exit codes:{lines}")
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Refused => 1,
            Exit::BadInput => 2,
            Exit::Unavailable => 3,
            Exit::NoAnswer => 4,
            Exit::Local => 5,
            Exit::NothingToDo => 6,
            Exit::NotPaid => 10,
        }
    }

    /// The exit code of a verified payment, and the words for it.
    pub fn of_payment(paid: bool) -> (Exit, &'static str) {
        if paid { (Exit::Done, "paid") } else { (Exit::NotPaid, "not paid, or not yet") }
    }
}
