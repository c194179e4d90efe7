//! The rows that are read and written.

use csv::StringRecord;
use ekolopay::purchase::PurchaseToken;

use crate::csv_lines::BOM;
use crate::token_shapes::spreadsheet_damage;

/// In bytes, like the longest token.
const MAX_ORDER: usize = 1024;

/// An order, and the token that was kept with it.
#[derive(Debug)]
pub(crate) struct InputRow {
    pub(crate) order: String,
    pub(crate) token: PurchaseToken,
}

impl InputRow {
    pub(crate) fn new(order: &str, token: &str) -> Result<InputRow, String> {
        for (name, text) in [("order", order), ("token", token)] {
            if let Some(why) = spreadsheet_damage(text) {
                return Err(format!("the {name} {text:?} {why}"));
            }
        }
        for (is_wrong, why) in [
            (order.trim().is_empty(), "the order is blank"),
            (order.starts_with(BOM), "the order starts with a byte order mark"),
            (order.len() > MAX_ORDER, "the order is longer than 1,024 bytes"),
            (token.trim() != token, "the token begins or ends with a blank"),
        ] {
            if is_wrong {
                return Err(why.to_owned());
            }
        }
        let token = PurchaseToken::new(token).map_err(|invalid| format!("the token {}", invalid.reason()))?;
        Ok(InputRow { order: order.to_owned(), token })
    }
}

/// The column `outcome`: what the check of a token found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Paid,
    NotPaid,
    /// The gateway refused to answer.
    Refused,
    /// The gateway gave no usable answer.
    Error,
}

impl Verdict {
    pub(crate) const ALL: [Verdict; 4] = [Verdict::Paid, Verdict::NotPaid, Verdict::Refused, Verdict::Error];

    /// The word in the output.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Verdict::Paid => "paid",
            Verdict::NotPaid => "not_paid",
            Verdict::Refused => "refused",
            Verdict::Error => "error",
        }
    }

    pub(crate) fn named(word: &str) -> Option<Verdict> {
        Verdict::ALL.into_iter().find(|verdict| verdict.word() == word)
    }

    /// Whether the gateway gave the state of the payment, and so accepted the credentials.
    pub(crate) fn is_known(self) -> bool {
        matches!(self, Verdict::Paid | Verdict::NotPaid)
    }
}

pub(crate) struct OutputRow {
    pub(crate) input: InputRow,
    pub(crate) verdict: Verdict,
    pub(crate) detail: String,
}

impl OutputRow {
    pub(crate) fn fields(&self) -> [&str; 4] {
        [&self.input.order, self.input.token.as_str(), self.verdict.word(), &self.detail]
    }

    /// A row that was written earlier.
    pub(crate) fn parse(record: &StringRecord) -> Result<OutputRow, String> {
        let [order, token, word, detail] = record.iter().collect::<Vec<_>>()[..] else {
            return Err(format!("has {} columns, not 4", record.len()));
        };
        let verdict = Verdict::named(word).ok_or("has an unknown outcome")?;
        Ok(OutputRow { input: InputRow::new(order, token)?, verdict, detail: detail.to_owned() })
    }
}
