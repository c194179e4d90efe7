//! What the gateway's documentation asks of the SDK, written a second time and in another way.
//!
//! The oracle shares no code with the SDK, and no parser: JSON is read by [`json`], forms by [`form`], origins and the
//! secret by regular expressions ([`input`], [`secret`]). Where the two differ, one of them is wrong.
//!
//! [`compare`] runs both, and is the only file that knows the SDK. [`fuzzed`] runs both on plain bytes.

pub mod callback;
pub mod compare;
pub mod form;
pub mod fuzzed;
pub mod input;
pub mod json;
pub mod reply;
pub mod secret;
