//! Which order is checked next, when again, and what a check leaves behind that finds no payment. Waits are kept as counts and
//! durations, so that no step of the computer's clock delays a check.

use ekolopay::callback::{Callback, Status};
use ekolopay::purchase::PurchaseToken;
use rusqlite::{OptionalExtension, Result, Row, params};
use strum::{EnumString, IntoStaticStr};

use crate::database::{Database, wall_clock};
use crate::orders::parse;

/// The first wait between two checks of an open order, in milliseconds. Each is longer than the one before, up to a week.
/// They never stop, because a customer may pay late.
pub(crate) const SHORTEST_WAIT: i64 = 5_000;
const LONGEST_WAIT: i64 = 7 * 24 * 60 * 60 * 1_000;
/// The shortest time between two checks of an order, however many callbacks and visits it gets.
const PATIENCE: i64 = 2_000;
/// An order that is being checked is due again after this time, if the check does not end.
pub(crate) const LEASE: i64 = 60_000;
/// Tokens without an order that wait for a check.
const STRAYS: i64 = 100;

/// The token that is being checked.
pub(crate) struct Asked {
    pub(crate) token: PurchaseToken,
    claim: Option<String>,
    /// How many checks its order had since somebody waited for it. `None` if no order has the token.
    pub(crate) checks: Option<i32>,
    at: i64,
}

/// Why an order cannot be paid or checked now. What the merchant reads is in `templates/merchant-parts.html`.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    /// The gateway's or the database's own words, if there are any; the order that has the token.
    pub(crate) text: String,
    /// In the time of Brazzaville, once it is stored.
    pub(crate) time: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Kind {
    /// The gateway says that it is out of service.
    Unavailable,
    /// It does not answer.
    Unreachable,
    /// It refuses the request: a wrong key, an account that is suspended, a token that it does not know.
    Refused,
    /// Its answer is not a documented one, or the shop's own request was invalid.
    Unexpected,
    /// It gave the token of another order.
    TokenTaken,
    /// The order is paid, and the database refuses to store it.
    NotStored,
}

impl Problem {
    pub(crate) fn new(kind: Kind, text: impl Into<String>) -> Problem {
        Problem { kind, text: text.into(), time: None }
    }

    /// Whether the gateway refused the merchant's credentials.
    pub(crate) fn is_about_the_key(&self) -> bool {
        let text = self.text.to_lowercase();
        self.kind == Kind::Refused && ["secret_key", "api_client", "clé"].iter().any(|word| text.contains(word))
    }
}

impl From<&ekolopay::Error> for Problem {
    fn from(error: &ekolopay::Error) -> Problem {
        match error {
            ekolopay::Error::Unavailable { message, .. } => Problem::new(Kind::Unavailable, message),
            ekolopay::Error::Transport(_) => Problem::new(Kind::Unreachable, ""),
            ekolopay::Error::Refused { message, .. } => Problem::new(Kind::Refused, message),
            _ => Problem::new(Kind::Unexpected, ""),
        }
    }
}

impl Database {
    /// Stores what a callback says, makes its order due, and returns whether an order has this token. A failure is shown
    /// once the gateway has confirmed that the order is not paid. A success is not stored.
    pub(crate) fn note_callback(&self, callback: &Callback) -> Result<bool> {
        let (token, status) = (callback.purchase_token(), callback.status());
        let failed = matches!(status, Status::Failed | Status::Rejected | Status::Timeout);
        let claim = failed.then(|| status.as_str());
        let sql = "UPDATE orders SET claim = ?2, failure = IIF(failure = ?2, failure, NULL) WHERE token = ?1";
        let known = self.change(sql, params![token.as_str(), claim])? > 0;
        if known {
            tracing::info!("callback: token {token}, {}", claim.unwrap_or("no failure"));
            self.hurry(token)?;
        } else if !failed {
            self.keep_stray(token)?;
        }
        Ok(known)
    }

    /// Makes an open order due as soon as possible, before those that nobody waits for.
    pub(crate) fn hurry(&self, token: &PurchaseToken) -> Result<()> {
        let sql =
            "UPDATE orders SET due = IIF(urgent = 1, due, MAX(?2, COALESCE(asked, -?3) + ?3)), urgent = 1, checks = 0
                   WHERE token = ?1 AND due IS NOT NULL";
        self.change(sql, params![token.as_str(), self.now(), PATIENCE]).map(drop)
    }

    /// Notes a token that belongs to no order, perhaps as a backup was restored. Anyone can post one: so few are kept, one
    /// is checked in two seconds, and only once.
    pub(crate) fn keep_stray(&self, token: &PurchaseToken) -> Result<()> {
        let sql = "INSERT INTO strays (token, seen_at, due)
                   SELECT ?1, ?2, ?3 + ?4 * (waiting + 1) FROM (SELECT COUNT(due) AS waiting FROM strays)
                   WHERE waiting < ?5 ON CONFLICT DO NOTHING";
        self.change(sql, params![token.as_str(), wall_clock(), self.now(), PATIENCE, STRAYS]).map(drop)
    }

    /// Takes what is due: first the orders that somebody waits for, the longest wait first, then the others, the newest of
    /// those that are due since the start first, and then the tokens without an order.
    pub(crate) fn take(&self) -> Result<Option<Asked>> {
        let sql = "SELECT * FROM (SELECT token, claim, checks FROM orders WHERE urgent = 1 AND due <= ?1 ORDER BY due LIMIT 1)
                   UNION ALL
                   SELECT * FROM (SELECT token, claim, checks FROM orders WHERE due <= ?1 ORDER BY due, id DESC LIMIT 1)
                   UNION ALL
                   SELECT * FROM (SELECT token, NULL, NULL FROM strays WHERE due <= ?1 ORDER BY due LIMIT 1)
                   LIMIT 1";
        let asked = |row: &Row<'_>| {
            let (token, claim, checks) = (parse(row.get(0)?)?, row.get(1)?, row.get(2)?);
            Ok(Asked { token, claim, checks, at: wall_clock() })
        };
        let now = self.now();
        // Without the lock for writing, which another program may want.
        if self.rows(sql, [now], |_| Ok(()))?.is_empty() {
            return Ok(None);
        }
        self.write(|transaction| {
            let asked = transaction.prepare_cached(sql)?.query_row([now], asked).optional()?;
            if let Some(Asked { token, checks, .. }) = &asked {
                let sql = match checks {
                    Some(_) => {
                        "UPDATE orders SET due = ?2 + ?3, asked = ?2, urgent = 0, checks = checks + 1 WHERE token = ?1"
                    }
                    None => "UPDATE strays SET due = ?2 + ?3 WHERE token = ?1",
                };
                transaction.prepare_cached(sql)?.execute(params![token.as_str(), now, LEASE])?;
            }
            Ok(asked)
        })
    }

    /// The gateway does not call it paid. A token of no order is forgotten.
    pub(crate) fn not_paid(&self, asked: &Asked) -> Result<()> {
        let token = asked.token.as_str();
        if asked.checks.is_none() {
            return self.change("DELETE FROM strays WHERE token = ?1 AND due IS NOT NULL", [token]).map(drop);
        }
        let sql = "UPDATE orders SET not_paid_at = ?2, failure = IIF(claim = ?3, claim, failure), problem = NULL,
                                     due = IIF(urgent = 1, due, ?4) WHERE token = ?1 AND due IS NOT NULL";
        self.change(sql, params![token, asked.at, asked.claim, self.now() + wait(asked)]).map(drop)
    }

    /// The check failed, or what it said cannot be stored: the order stays open, and is due again after this wait. An outage
    /// does not count as a check, and hides no payment that waits to be stored.
    pub(crate) fn not_known(&self, token: &PurchaseToken, problem: &Problem, wait: i64) -> Result<()> {
        let sql = "UPDATE orders SET problem = ?2, problem_text = ?3, problem_at = ?4, due = IIF(urgent = 1, due, ?5),
                                     checks = MAX(checks - (?2 IN ('unavailable', 'unreachable')), 0)
                   WHERE token = ?1 AND due IS NOT NULL AND (?2 = 'not-stored' OR problem IS NOT 'not-stored')";
        let kind: &str = problem.kind.into();
        self.change(sql, params![token.as_str(), kind, problem.text, wall_clock(), self.now() + wait]).map(drop)
    }
}

/// The wait after this check. There are fewer than a hundred in a year.
pub(crate) fn wait(asked: &Asked) -> i64 {
    (0..asked.checks.unwrap_or(0)).fold(SHORTEST_WAIT, |wait, _| (wait * 7 / 5).min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_nobody_pays_costs_fewer_than_a_hundred_checks_a_year() {
        let after = |checks| wait(&Asked { token: "a".parse().unwrap(), claim: None, checks: Some(checks), at: 0 });
        let waits: i64 = (0..100).map(after).sum();
        assert!(waits > 365 * 24 * 60 * 60 * 1_000, "{waits}");
        assert!((0..1_000).all(|checks| after(checks) <= LONGEST_WAIT), "checks never stop");
    }
}
