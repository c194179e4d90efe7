//! The token of an order.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::invalid::{InvalidInput, require, require_visible_ascii};

/// The gateway's name for one order, from [`create_purchase_token`](crate::Gateway::create_purchase_token).
///
/// Store it with the order, and find the order by it. It is 1 to 1,024 bytes of visible ASCII, but not `.` or `..`,
/// which a URL cannot carry. `Deserialize` follows the same rule.
///
/// ```
/// use ekolopay::purchase::PurchaseToken;
///
/// let token: PurchaseToken = "940d4e9aab5797e6055e1259b84a9875".parse()?;
/// assert_eq!(token.as_str(), "940d4e9aab5797e6055e1259b84a9875");
/// assert!(PurchaseToken::new("..").is_err());
/// # Ok::<(), ekolopay::InvalidInput>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct PurchaseToken(String);

impl PurchaseToken {
    /// A token from the shop's database.
    ///
    /// # Errors
    ///
    /// `purchaseToken`: empty, longer than 1,024 bytes, with anything but visible ASCII, or `.` or `..`.
    pub fn new(text: impl Into<String>) -> Result<PurchaseToken, InvalidInput> {
        const FIELD: &str = "purchaseToken";
        let text = text.into();
        require_visible_ascii(FIELD, &text)?;
        require(text != "." && text != "..", FIELD, "must not be `.` or `..`")?;
        Ok(PurchaseToken(text))
    }

    /// The token as the gateway wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PurchaseToken {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<PurchaseToken, InvalidInput> {
        PurchaseToken::new(text)
    }
}

impl TryFrom<String> for PurchaseToken {
    type Error = InvalidInput;

    fn try_from(text: String) -> Result<PurchaseToken, InvalidInput> {
        PurchaseToken::new(text)
    }
}

impl TryFrom<&str> for PurchaseToken {
    type Error = InvalidInput;

    fn try_from(text: &str) -> Result<PurchaseToken, InvalidInput> {
        PurchaseToken::new(text)
    }
}

impl fmt::Display for PurchaseToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for PurchaseToken {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A map with tokens for keys is searched by `&str`.
impl Borrow<str> for PurchaseToken {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<PurchaseToken> for String {
    fn from(token: PurchaseToken) -> String {
        token.0
    }
}
