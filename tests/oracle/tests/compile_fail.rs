//! What does not compile, and what types do not have.

use std::fmt::Display;

use ekolopay::Credentials;
use ekolopay::verify::{PaidPurchase, Verification};
use serde::Serialize;
use serde::de::DeserializeOwned;
use static_assertions::assert_not_impl_any;

// These hold with every compiler, whatever it writes. A proof is made by check_payment alone:
assert_not_impl_any!(PaidPurchase: Clone, Copy, Default, DeserializeOwned, From<String>, From<ekolopay::purchase::PurchaseToken>);
assert_not_impl_any!(Verification: Clone, Copy, Default, DeserializeOwned, From<bool>, From<PaidPurchase>);
// A secret is put in, and does not come out:
assert_not_impl_any!(Credentials: Display, ToString, Serialize, DeserializeOwned, PartialEq, Eq, PartialOrd, std::hash::Hash);
assert_not_impl_any!(Credentials: AsRef<str>, AsRef<[u8]>, std::borrow::Borrow<str>, std::ops::Deref, Into<String>, Default);

/// The messages are those of one compiler: another may put them in other words. After a change of compiler run
/// `TRYBUILD=overwrite cargo test -p ekolopay-oracle --test compile_fail`, read the difference, and write its version here.
#[rustversion::attr(not(stable(1.95)), ignore = "the messages are those of Rust 1.95")]
#[test]
fn each_mistake_is_told_by_the_compiler() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
