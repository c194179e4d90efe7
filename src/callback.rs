//! Step 3, « Appel de votre callback »: what the gateway, or anyone else, posts to the shop.
//!
//! A callback is not signed. It is a reason to call [`check_payment`](crate::Gateway::check_payment), never a reason to
//! ship: this module knows no gateway and no credentials, and makes no proof of payment.
//!
//! ```
//! use ekolopay::callback::{Callback, Status};
//!
//! let body = b"purchaseToken=940d4e9a&paymentSuccessful=false\
//!     &status=FAILED&message=Le+paiement+a+%C3%A9chou%C3%A9.";
//! let callback = Callback::parse(body)?;
//! assert_eq!(callback.purchase_token().as_str(), "940d4e9a");
//! assert_eq!(callback.status(), &Status::Failed);
//! assert_eq!(callback.message(), "Le paiement a échoué.");
//! assert!(!callback.claims_success());
//! # Ok::<(), ekolopay::InvalidInput>(())
//! ```
//!
//! `Deserialize` follows the same rules, so a web framework's form extractor can take a [`Callback`]; [some extractors
//! break the rules](Callback).

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use crate::invalid::{InvalidInput, require};
use crate::token::PurchaseToken;

const TOKEN: &str = "purchaseToken";
const SUCCESSFUL: &str = "paymentSuccessful";
const STATUS: &str = "status";
const MESSAGE: &str = "message";

/// The fields that are read.
const KEYS: [&str; 4] = [TOKEN, SUCCESSFUL, STATUS, MESSAGE];

/// A callback's claim about one payment.
///
/// It is read from a form (`application/x-www-form-urlencoded`), as documented, not from JSON or `multipart/form-data`.
/// Take the body as bytes and [`parse`](Callback::parse) it, or use a form extractor that keeps the rules:
///
/// | `Deserialize` by | used by | rules |
/// |---|---|---|
/// | `serde_urlencoded` | `Form` in axum and actix-web | all are kept |
/// | `serde_html_form` | `Form` in axum-extra | kept, but the error about a field that is given twice is the deserializer's own: it does not name the field |
/// | `serde_qs` | its own extractors | not kept: it takes the last of two values, also from `purchaseToken[]=…`, and fails on a `message` that is not UTF-8 |
///
/// With `serde_qs`, or any other deserializer, use `parse` instead. Rocket's forms do not use serde: take `Vec<u8>` there.
///
/// PHP's `http_build_query` drops a field whose value is null. A missing `message` is empty; any other missing field is an
/// [error](Callback::parse).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    purchase_token: PurchaseToken,
    claims_success: bool,
    status: Status,
    message: String,
}

/// `status`: the documented words, to the letter, and any other word that a later version of the documentation may add.
///
/// ```
/// use ekolopay::callback::Status;
///
/// fn for_the_customer(status: &Status) -> &str {
///     match status {
///         Status::Success | Status::Successful => "Votre paiement est en cours de vérification.",
///         Status::Failed | Status::Rejected => "Un échec est annoncé ; nous vérifions.",
///         Status::Timeout => "Un délai dépassé est annoncé ; nous vérifions.",
///         // `Other` holds whatever was posted, by anyone: do not show it.
///         _ => "Nous vérifions votre paiement.",
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// `SUCCESS`, « Paiement réussi. »
    Success,
    /// `SUCCESSFUL`, « Paiement réussi. »
    Successful,
    /// `FAILED`, « Le paiement a échoué. »
    Failed,
    /// `REJECTED`, « Le paiement est rejeté. »
    Rejected,
    /// `TIMEOUT`, « Le temps d'attente de paiement est dépassé. »
    Timeout,
    /// Any other text, as received.
    Other(String),
}

impl Status {
    /// The word on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Status::Success => "SUCCESS",
            Status::Successful => "SUCCESSFUL",
            Status::Failed => "FAILED",
            Status::Rejected => "REJECTED",
            Status::Timeout => "TIMEOUT",
            Status::Other(text) => text,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A documented word never becomes [`Status::Other`].
impl From<String> for Status {
    fn from(text: String) -> Status {
        Status::from(text.as_str())
    }
}

/// A documented word never becomes [`Status::Other`].
impl From<&str> for Status {
    fn from(text: &str) -> Status {
        let documented = [Status::Success, Status::Successful, Status::Failed, Status::Rejected, Status::Timeout];
        let known = documented.into_iter().find(|status| status.as_str() == text);
        known.unwrap_or_else(|| Status::Other(text.to_owned()))
    }
}

impl Callback {
    /// Reads the body of the request, `application/x-www-form-urlencoded`.
    ///
    /// Unknown fields are ignored. `message` may be missing; invalid UTF-8 in it becomes U+FFFD.
    ///
    /// # Errors
    ///
    /// - `purchaseToken`, `paymentSuccessful`, `status` or `message`: given twice;
    /// - the first three: missing;
    /// - `purchaseToken`: not a [valid token](PurchaseToken::new);
    /// - `paymentSuccessful`: not `true`, `1`, `false`, `0` or empty (in any case), or a value that contradicts a
    ///   documented status;
    /// - `status`: not UTF-8.
    pub fn parse(body: &[u8]) -> Result<Callback, InvalidInput> {
        let mut fields = Fields::default();
        for (key, value) in form_urlencoded::parse(body) {
            if let Some(index) = index(&key) {
                fields.fill(index, value)?;
            }
        }
        fields.check()
    }

    /// The token that the callback is about. Find the order by it, and check the *order's* token.
    pub fn purchase_token(&self) -> &PurchaseToken {
        &self.purchase_token
    }

    /// The status that the callback claims.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// A text about the status, in French; empty if there was none. Anyone can have posted it: escape it, and do not
    /// show it as your own.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the callback claims in `paymentSuccessful`. Anyone can claim it: ask
    /// [`check_payment`](crate::Gateway::check_payment).
    pub fn claims_success(&self) -> bool {
        self.claims_success
    }
}

impl<'de> Deserialize<'de> for Callback {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Callback, D::Error> {
        struct CallbackVisitor;

        impl<'de> Visitor<'de> for CallbackVisitor {
            type Value = Callback;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the form of a callback")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Callback, A::Error> {
                let mut fields = Fields::default();
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    if let Some(index) = index(&key) {
                        let value = map.next_value::<String>()?;
                        fields.fill(index, value.into()).map_err(A::Error::custom)?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                fields.check().map_err(A::Error::custom)
            }
        }

        deserializer.deserialize_map(CallbackVisitor)
    }
}

/// Which of the fields that are read.
fn index(key: &str) -> Option<usize> {
    KEYS.iter().position(|known| *known == key)
}

/// Their values while a form is read, by either way; all rules are below.
#[derive(Default)]
struct Fields<'a>([Option<Cow<'a, str>>; 4]);

impl<'a> Fields<'a> {
    fn fill(&mut self, index: usize, value: Cow<'a, str>) -> Result<(), InvalidInput> {
        require(self.0[index].replace(value).is_none(), KEYS[index], "is given twice")
    }

    fn check(self) -> Result<Callback, InvalidInput> {
        let [token, successful, status, message] = self.0;
        let required = |field: Option<_>, name| field.ok_or(InvalidInput::new(name, "is missing"));
        let purchase_token = PurchaseToken::new(required(token, TOKEN)?)?;
        let claims_success = boolean(&required(successful, SUCCESSFUL)?)?;
        let status = required(status, STATUS)?;
        require(!status.contains(char::REPLACEMENT_CHARACTER), STATUS, "must be UTF-8")?;
        let status = Status::from(&*status);
        let consistent = match status {
            Status::Success | Status::Successful => claims_success,
            Status::Failed | Status::Rejected | Status::Timeout => !claims_success,
            Status::Other(_) => true,
        };
        require(consistent, SUCCESSFUL, "contradicts the status")?;
        let message = message.unwrap_or_default().into_owned();
        Ok(Callback { purchase_token, claims_success, status, message })
    }
}

/// PHP writes `1` and `0`, or an empty text for false; Java writes words.
fn boolean(text: &str) -> Result<bool, InvalidInput> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" | "" => Ok(false),
        _ => Err(InvalidInput::new(SUCCESSFUL, "must be true or false")),
    }
}
