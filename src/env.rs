//! Environment variables.

use std::env::{self, VarError};

use crate::error::InvalidInput;

/// An environment variable, if it is set.
pub(crate) fn variable(name: &'static str) -> Result<Option<String>, InvalidInput> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(InvalidInput::new(name, "is not Unicode")),
    }
}

/// The first of these variables that is set to more than spaces, with its value trimmed.
pub(crate) fn first_of<const N: usize>(
    names: [&'static str; N],
) -> Result<Option<(&'static str, String)>, InvalidInput> {
    for name in names {
        if let Some(value) = variable(name)?.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()) {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}
