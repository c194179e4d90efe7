//! What the gateway's documentation and the SDK's design demand, written a second time and in another way.
//!
//! The oracle shares no code with the SDK, and no parser: JSON is read by a scanner that builds no values ([`json`]),
//! forms by another decoder ([`form`]), origins and secrets by regular expressions ([`input`], [`secret`]). Where the two differ, one is wrong.
//!
//! [`compare`] puts the SDK beside it, and is the only file that knows the SDK. [`fuzzed`] does so with plain bytes.

pub mod callback;
pub mod compare;
pub mod form;
pub mod fuzzed;
pub mod input;
pub mod json;
pub mod reply;
pub mod secret;
