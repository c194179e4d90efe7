//! Which order is checked next, and when again. Waits are kept as counts and durations, so that no step of the computer's
//! clock delays a check.

use ekolopay::purchase::PurchaseToken;
use rusqlite::{Result, Row, params};

use crate::database::{Database, wall_clock};
use crate::orders::parse;
use crate::problem::Problem;

/// The first wait between two checks of an open order, in milliseconds. Each is longer than the one before, up to a week.
/// They never stop, because a customer may pay late. A year costs fewer than a hundred checks per order.
pub(crate) const SHORTEST_WAIT: i64 = 5_000;
const LONGEST_WAIT: f64 = 7.0 * 24.0 * 60.0 * 60.0 * 1_000.0;
const GROWTH: f64 = 1.4;
/// The shortest time between two checks of an order, however many callbacks and visits it gets.
const PATIENCE: i64 = 2_000;
/// An order that is being checked is due again after this time, if its thread died.
pub(crate) const LEASE: i64 = 60_000;
/// Tokens without an order that wait for a check.
const STRAYS: i64 = 100;

/// What is being checked: the token of an order, or one without an order.
pub(crate) struct Asked {
    pub(crate) order: Option<i64>,
    pub(crate) token: PurchaseToken,
    claim: Option<String>,
    pub(crate) checks: i32,
    at: i64,
}

impl Database {
    /// Makes an open order due as soon as possible, before those that nobody waits for.
    pub(crate) fn hurry(&self, token: &PurchaseToken) -> Result<()> {
        let sql =
            "UPDATE orders SET due = IIF(urgent = 1, due, MAX(?2, COALESCE(asked, -?3) + ?3)), urgent = 1, checks = 0
                   WHERE token = ?1 AND due IS NOT NULL";
        self.write(|transaction| {
            transaction.prepare_cached(sql)?.execute(params![token.as_str(), self.now(), PATIENCE]).map(drop)
        })
    }

    /// Notes the token of a callback that belongs to no order, perhaps as a backup was restored. Anyone can post one: so
    /// few are kept, one is checked every two seconds, and only once.
    pub(crate) fn keep_stray(&self, token: &PurchaseToken) -> Result<()> {
        let sql = "INSERT INTO strays (token, seen_at, due)
                   SELECT ?1, ?2, MAX(?3, COALESCE((SELECT MAX(due) FROM strays), 0) + ?4)
                   WHERE (SELECT COUNT(due) FROM strays) < ?5 ON CONFLICT DO NOTHING";
        let values = params![token.as_str(), wall_clock(), self.now(), PATIENCE, STRAYS];
        self.write(|transaction| transaction.execute(sql, values).map(drop))
    }

    /// Takes what is due: first the orders that somebody waits for, the longest wait first, then the others, the newest of
    /// those that are due since the start first.
    pub(crate) fn take(&self) -> Result<Option<Asked>> {
        let sql = "SELECT COALESCE((SELECT id FROM orders WHERE urgent = 1 AND due <= ?1 ORDER BY due LIMIT 1),
                                   (SELECT id FROM orders WHERE due <= ?1 ORDER BY due, id DESC LIMIT 1)),
                          (SELECT token FROM strays WHERE due <= ?1 LIMIT 1)";
        let now = self.now();
        let due = |row: &Row<'_>| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<String>>(1)?));
        if self.read(|connection| connection.prepare_cached(sql)?.query_row([now], due))? == (None, None) {
            return Ok(None);
        }
        self.write(|transaction| {
            let (order, stray) = transaction.prepare_cached(sql)?.query_row([now], due)?;
            let at = wall_clock();
            if let Some(id) = order {
                let sql = "UPDATE orders SET asked = ?2, due = ?2 + ?3, urgent = 0, checks = checks + 1 WHERE id = ?1
                           RETURNING token, claim, checks";
                let asked = |row: &Row<'_>| {
                    let (token, claim, checks) = (parse(row.get(0)?)?, row.get(1)?, row.get(2)?);
                    Ok(Asked { order, token, claim, checks, at })
                };
                return transaction.prepare_cached(sql)?.query_one(params![id, now, LEASE], asked).map(Some);
            }
            let Some(token) = stray else { return Ok(None) };
            transaction.execute("UPDATE strays SET due = ?2 WHERE token = ?1", params![token, now + LEASE])?;
            Ok(Some(Asked { order, token: parse(token)?, claim: None, checks: 0, at }))
        })
    }

    /// The gateway answered "not paid".
    pub(crate) fn not_paid(&self, asked: &Asked) -> Result<()> {
        self.write(|transaction| {
            let sql = "UPDATE orders SET not_paid_at = ?2, failure = IIF(claim = ?3, claim, failure), problem = NULL,
                                         due = IIF(urgent = 1, due, ?4) WHERE id = ?1 AND due IS NOT NULL";
            let due = self.now() + wait(asked.checks);
            transaction.prepare_cached(sql)?.execute(params![asked.order, asked.at, asked.claim, due])?;
            Ok(())
        })
    }

    /// A token of no order that the gateway does not call paid.
    pub(crate) fn forget_stray(&self, asked: &Asked) -> Result<()> {
        let sql = "DELETE FROM strays WHERE token = ?1 AND due IS NOT NULL";
        self.write(|transaction| transaction.execute(sql, [asked.token.as_str()]).map(drop))
    }

    /// The check failed, or what it said cannot be stored. The order is due again soon if the gateway failed, and after its
    /// usual wait if the order did.
    pub(crate) fn not_known(&self, token: &PurchaseToken, problem: &Problem, wait: i64) -> Result<()> {
        let sql = "UPDATE orders SET problem = ?2, problem_text = ?3, problem_at = ?4, due = IIF(urgent = 1, due, ?5)
                   WHERE token = ?1 AND due IS NOT NULL";
        let kind: &str = problem.kind.into();
        let values = params![token.as_str(), kind, problem.text, wall_clock(), self.now() + wait];
        self.write(|transaction| transaction.execute(sql, values).map(drop))
    }
}

/// The wait after this many checks.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a week at most")]
pub(crate) fn wait(checks: i32) -> i64 {
    (SHORTEST_WAIT as f64 * GROWTH.powi(checks.max(1) - 1)).min(LONGEST_WAIT) as i64
}
