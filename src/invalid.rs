//! Inputs that break a rule, the rules that several of them share, and the environment variables.

use std::env;
use std::ffi::OsString;

/// An input that breaks a rule: which field, and which rule. The value itself is never stored.
///
/// ```
/// let invalid = ekolopay::Credentials::new("demo", "").unwrap_err();
/// assert_eq!(invalid.field(), "secret_key");
/// assert_eq!(invalid.reason(), "must not be empty");
/// assert_eq!(invalid.to_string(), "secret_key must not be empty");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {reason}")]
pub struct InvalidInput {
    field: &'static str,
    reason: &'static str,
}

impl InvalidInput {
    pub(crate) fn new(field: &'static str, reason: &'static str) -> InvalidInput {
        InvalidInput { field, reason }
    }

    /// The same rule, with the name that the caller knows.
    pub(crate) fn renamed(self, field: &'static str) -> InvalidInput {
        InvalidInput { field, ..self }
    }

    /// The field by its name in the gateway's documentation (`amount`, `customer.phone`, `purchaseToken`, …),
    /// the setting (`origin`, `timeout`, …), or the environment variable.
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// The broken rule, to be read after the field's name.
    pub fn reason(&self) -> &'static str {
        self.reason
    }
}

/// A rule, as one line where it is applied.
pub(crate) fn require(holds: bool, field: &'static str, reason: &'static str) -> Result<(), InvalidInput> {
    if holds { Ok(()) } else { Err(InvalidInput::new(field, reason)) }
}

/// The rule that credentials and tokens share.
pub(crate) fn require_visible_ascii(field: &'static str, text: &str) -> Result<(), InvalidInput> {
    require(!text.is_empty(), field, "must not be empty")?;
    require(text.bytes().all(|byte| byte.is_ascii_graphic()), field, "must be visible ASCII characters only")?;
    require(text.len() <= 1024, field, "must be at most 1,024 bytes long")
}

/// An environment variable, if it is set.
pub(crate) fn variable(name: &'static str) -> Result<Option<String>, InvalidInput> {
    env::var_os(name).map(|value| unicode(name, value)).transpose()
}

/// The value of an environment variable as text.
pub(crate) fn unicode(name: &'static str, value: OsString) -> Result<String, InvalidInput> {
    value.into_string().map_err(|_| InvalidInput::new(name, "is not Unicode"))
}
