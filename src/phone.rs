//! Telephone numbers of Congo, in the form that the documentation shows: `066304925`.

use std::fmt;
use std::str::FromStr;

use crate::invalid::{InvalidInput, require};

/// A telephone number of Congo as the gateway's documentation writes it: nine digits, the first a zero.
///
/// It is made of the number that people type or copy: with spaces, dots, dashes, slashes, parentheses or invisible
/// characters, with `tel:`, with `+242`, `00242` or `242` in front. [`Customer::new`](crate::purchase::Customer::new)
/// takes it, and any other text too.
///
/// ```
/// use ekolopay::purchase::{Customer, PhoneNumber};
///
/// let phone: PhoneNumber = "+242 06.630.49.25".parse()?;
/// assert_eq!(phone.as_str(), "066304925"); // as it is sent
/// assert_eq!(phone.grouped(), "06 630 49 25"); // for people
/// let customer = Customer::new(phone);
///
/// let invalid = PhoneNumber::try_from("66 304 925").unwrap_err();
/// assert_eq!(invalid.field(), "customer.phone");
/// # Ok::<(), ekolopay::InvalidInput>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// The nine digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In groups, as people write it: `06 630 49 25`.
    pub fn grouped(&self) -> String {
        [&self.0[..2], &self.0[2..5], &self.0[5..7], &self.0[7..]].join(" ")
    }
}

impl TryFrom<&str> for PhoneNumber {
    type Error = InvalidInput;

    fn try_from(typed: &str) -> Result<PhoneNumber, InvalidInput> {
        let number: String = typed.chars().filter(|c| !is_separator(*c)).collect();
        let number = match number.split_at_checked(4) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tel:") => rest,
            _ => &number,
        };
        let international = number.strip_prefix('+').or_else(|| number.strip_prefix("00"));
        let digits = match international.unwrap_or(number).strip_prefix("242") {
            Some(national) => national,
            None if international.is_some() => "",
            None => number,
        };
        let is_national = digits.len() == 9 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
        require(is_national, "customer.phone", "must have nine digits, the first a zero")?;
        Ok(PhoneNumber(digits.to_owned()))
    }
}

/// Invisible characters are those of zero width and the marks of direction, which are copied along unseen.
fn is_separator(c: char) -> bool {
    let is_invisible = matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    c.is_whitespace() || c.is_control() || is_invisible || ".·-‐‑‒–—−()/".contains(c)
}

impl FromStr for PhoneNumber {
    type Err = InvalidInput;

    fn from_str(typed: &str) -> Result<PhoneNumber, InvalidInput> {
        PhoneNumber::try_from(typed)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<PhoneNumber> for String {
    fn from(phone: PhoneNumber) -> String {
        phone.0
    }
}
