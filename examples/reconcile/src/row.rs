//! Orders as they are read, and rows as they are written.

use ekolopay::purchase::PurchaseToken;

/// In bytes, as the longest token.
const LONGEST_ORDER: usize = 1024;

/// One order of the shop, and the token that was kept with it.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) order: String,
    pub(crate) token: PurchaseToken,
}

impl Order {
    pub(crate) fn new(order: &str, token: &str) -> Result<Order, String> {
        if order.trim().is_empty() {
            return Err("the order is blank".to_owned());
        }
        if order.starts_with('\u{feff}') {
            return Err("the order begins with a byte order mark".to_owned());
        }
        if order.len() > LONGEST_ORDER {
            return Err("the order is longer than 1,024 bytes".to_owned());
        }
        let token = PurchaseToken::new(token).map_err(|invalid| format!("the token {}", invalid.reason()))?;
        Ok(Order { order: order.to_owned(), token })
    }
}

/// What is known about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Paid,
    NotPaid,
    /// The gateway answered with its own refusal.
    Refused,
    /// Nothing is known about the payment.
    Error,
}

impl Outcome {
    pub(crate) const ALL: [Outcome; 4] = [Outcome::Paid, Outcome::NotPaid, Outcome::Refused, Outcome::Error];

    /// The word in the output.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Outcome::Paid => "paid",
            Outcome::NotPaid => "not_paid",
            Outcome::Refused => "refused",
            Outcome::Error => "error",
        }
    }

    /// Whether the gateway said how the payment stands, and so took the credentials.
    pub(crate) fn is_known(self) -> bool {
        matches!(self, Outcome::Paid | Outcome::NotPaid)
    }

    pub(crate) fn named(word: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|outcome| outcome.word() == word)
    }
}

pub(crate) struct Row {
    pub(crate) order: Order,
    pub(crate) outcome: Outcome,
    pub(crate) detail: String,
}

impl Row {
    /// The whole line, its line break included.
    pub(crate) fn line(&self) -> csv::Result<Vec<u8>> {
        let Row { order: Order { order, token }, outcome, detail } = self;
        line(&[order, token.as_str(), outcome.word(), detail])
    }
}

pub(crate) fn line(fields: &[&str]) -> csv::Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().buffer_capacity(512).from_writer(Vec::new());
    writer.write_record(fields)?;
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// Rows by their outcome.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts([u64; 4]);

impl Counts {
    pub(crate) fn add(&mut self, outcome: Outcome) {
        self.0[outcome as usize] += 1;
    }

    pub(crate) fn of(self, outcome: Outcome) -> u64 {
        self.0[outcome as usize]
    }

    pub(crate) fn total(self) -> u64 {
        self.0.iter().sum()
    }
}
