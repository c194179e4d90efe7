//! A merchant's function and its unit tests. They need no network and no local gateway: the documented replies go through
//! the same code as the replies of the live gateway.
//!
//! `cargo test --example merchant_tests` runs the tests, and `cargo run --example merchant_tests` shows what each reply
//! does to an order.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::iter::successors;
use std::mem;

use ekolopay::canned::{Canned, NOT_PAID, PAID, REFUSED};
use ekolopay::purchase::PurchaseToken;
use ekolopay::transport::TransportError;
use ekolopay::verify::{PaidPurchase, Verification};
use ekolopay::{Credentials, Error, Gateway};

/// The orders by their tokens, and whether each is shipped. A real shop uses a database.
type Orders = BTreeMap<PurchaseToken, bool>;

/// Ships the order if it is paid, and returns whether it did. After an error the order stays open.
fn settle_order(gateway: &Gateway, orders: &mut Orders, token: &PurchaseToken) -> Result<bool, Error> {
    match gateway.check_payment(token)? {
        Verification::Paid(paid) => Ok(ship(orders, paid)),
        Verification::NotPaid => Ok(false),
    }
}

/// The only place where goods are shipped: once, for the order whose token was paid.
fn ship(orders: &mut Orders, paid: PaidPurchase) -> bool {
    orders.get_mut(paid.token()).is_some_and(|shipped| !mem::replace(shipped, true))
}

/// A shop with one open order, and a gateway with canned replies.
fn shop(canned: Canned) -> Result<(Gateway, Orders, PurchaseToken), Error> {
    let gateway = Gateway::builder(Credentials::new("demo", "a-secret-key")?).transport(canned).build()?;
    let token = PurchaseToken::new("940d4e9aab5797e6055e1259b84a9875")?;
    Ok((gateway, Orders::from([(token.clone(), false)]), token))
}

fn lost_reply() -> TransportError {
    TransportError::lost("the line was cut")
}

fn main() -> Result<(), Error> {
    for (reply, canned) in [
        ("paid", Canned::new().reply(200, PAID)),
        ("not paid", Canned::new().reply(200, NOT_PAID)),
        ("refused", Canned::new().reply(200, REFUSED)),
        ("unavailable", Canned::new().unavailable()),
        ("lost", Canned::new().fails(lost_reply())),
    ] {
        let (gateway, mut orders, token) = shop(canned)?;
        match settle_order(&gateway, &mut orders, &token) {
            Ok(shipped) => println!("{reply:<12} shipped: {shipped}"),
            Err(error) => {
                let causes = successors(error.source(), |&cause| cause.source()).map(|cause| format!(": {cause}"));
                println!("{reply:<12} open: {error}{}", causes.collect::<String>());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paid_order_is_shipped_once() {
        let canned = Canned::new().reply(200, PAID).reply(200, PAID);
        let (gateway, mut orders, token) = shop(canned.clone()).unwrap();
        assert!(settle_order(&gateway, &mut orders, &token).unwrap());
        assert!(!settle_order(&gateway, &mut orders, &token).unwrap());
        assert!(orders[&token]);
        assert_eq!(canned.requests().len(), 4); // each call, and the availability check before it
    }

    #[test]
    fn an_unpaid_order_stays_open() {
        let (gateway, mut orders, token) = shop(Canned::new().reply(200, NOT_PAID)).unwrap();
        assert!(!settle_order(&gateway, &mut orders, &token).unwrap());
        assert!(!orders[&token]);
    }

    /// The call fails with the expected error, and the order is still open.
    #[track_caller]
    fn stays_open(canned: Canned, is_expected: impl Fn(&Error) -> bool) {
        let (gateway, mut orders, token) = shop(canned).unwrap();
        let error = settle_order(&gateway, &mut orders, &token).unwrap_err();
        assert!(is_expected(&error), "{error:?}");
        assert!(!orders[&token]);
    }

    #[test]
    fn no_error_closes_an_order() {
        stays_open(Canned::new().reply(200, REFUSED), |error| matches!(error, Error::Refused { code: 0, .. }));
        stays_open(Canned::new().unavailable(), Error::is_unavailable);
        stays_open(Canned::new().fails(lost_reply()), Error::may_have_acted);
    }

    /// A customer who pays a small order and presents its token for a large one gets the small one.
    #[test]
    fn only_the_order_of_the_paid_token_is_shipped() {
        let (gateway, mut orders, paid) = shop(Canned::new().reply(200, PAID)).unwrap();
        let large = PurchaseToken::new("large").unwrap();
        orders.insert(large.clone(), false);
        assert!(settle_order(&gateway, &mut orders, &paid).unwrap());
        assert!(orders[&paid] && !orders[&large]);
    }
}
