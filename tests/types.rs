//! What the types must not be able to do. Doctests of `Credentials` and `PaidPurchase` show what these lists cannot.

use std::borrow::Borrow;
use std::fmt::Display;
use std::hash::Hash;
use std::ops::Deref;

use ekolopay::Credentials;
use ekolopay::purchase::PurchaseToken;
use ekolopay::verify::{PaidPurchase, Verification};
use serde::{Serialize, de::DeserializeOwned};
use static_assertions::assert_not_impl_any;

// Only check_payment makes a proof.
assert_not_impl_any!(PaidPurchase: Clone, Copy, Default, DeserializeOwned, From<String>, From<PurchaseToken>);
assert_not_impl_any!(Verification: Clone, Copy, Default, DeserializeOwned, From<bool>, From<PaidPurchase>);

// A secret goes in, and does not come out.
assert_not_impl_any!(Credentials: Display, ToString, Serialize, DeserializeOwned, PartialEq, Eq, PartialOrd, Hash);
assert_not_impl_any!(Credentials: AsRef<str>, AsRef<[u8]>, Borrow<str>, Deref, Into<String>, Default);
