//! What the types can and must not be able to do. Doctests of `Credentials` and `PaidPurchase` show what these lists cannot.

use std::borrow::Borrow;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::ops::Deref;

use ekolopay::callback::Callback;
use ekolopay::canned::Canned;
use ekolopay::purchase::{PhoneNumber, PurchaseToken};
use ekolopay::transport::{Reply, Request, TransportError};
use ekolopay::verify::{PaidPurchase, Verification};
use ekolopay::{Credentials, Error, Gateway, GatewayBuilder, InvalidInput};
use serde::{Serialize, de::DeserializeOwned};
use static_assertions::{assert_impl_all, assert_not_impl_any};

// Only check_payment makes a proof.
assert_not_impl_any!(PaidPurchase: Clone, Copy, Default, DeserializeOwned, From<String>, From<PurchaseToken>);
assert_not_impl_any!(Verification: Clone, Copy, Default, DeserializeOwned, From<bool>, From<PaidPurchase>);

// A secret goes in, and does not come out.
assert_not_impl_any!(Credentials: Display, ToString, Serialize, DeserializeOwned, PartialEq, Eq, PartialOrd, Hash);
assert_not_impl_any!(Credentials: AsRef<str>, AsRef<[u8]>, Borrow<str>, Deref, Into<String>, Default);

assert_impl_all!(PurchaseToken: Borrow<str>, AsRef<str>, Ord, Hash, Serialize, DeserializeOwned, TryFrom<&'static str>);
assert_impl_all!(PhoneNumber: Clone, Display, Ord, Hash, Into<String>, TryFrom<&'static str>, std::str::FromStr);

// All of them cross threads.
assert_impl_all!(Gateway: Send, Sync, Debug);
assert_impl_all!(GatewayBuilder: Send, Sync, Debug);
assert_impl_all!(Credentials: Send, Sync, Debug);
assert_impl_all!(Callback: Send, Sync, Debug);
assert_impl_all!(Verification: Send, Sync, Debug);
assert_impl_all!(Request: Send, Sync, Debug);
assert_impl_all!(Reply: Send, Sync, Debug);
assert_impl_all!(Canned: Send, Sync, Debug);
assert_impl_all!(Error: std::error::Error, Send, Sync);
assert_impl_all!(InvalidInput: std::error::Error, Send, Sync);
assert_impl_all!(TransportError: std::error::Error, Send, Sync);
