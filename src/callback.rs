//! Step 3, « Appel de votre callback »: what the gateway, or anyone else, posts to the shop.
//!
//! A callback is not signed. It is a reason to call [`check_payment`](crate::Gateway::check_payment), and never a
//! reason to ship: this module knows no gateway, no credentials, and makes no proof of payment.
//!
//! ```
//! use ekolopay::callback::{Callback, Status};
//!
//! let body = b"purchaseToken=940d4e9a&paymentSuccessful=false&status=FAILED&message=Le+paiement+a+%C3%A9chou%C3%A9.";
//! let callback = Callback::parse(body)?;
//! assert_eq!(callback.purchase_token().as_str(), "940d4e9a");
//! assert_eq!(callback.status(), &Status::Failed);
//! assert_eq!(callback.message(), "Le paiement a échoué.");
//! assert!(!callback.claims_success());
//!
//! // The string "false" is true in PHP. Here a status and a boolean that disagree are an error.
//! let forged = b"purchaseToken=940d4e9a&paymentSuccessful=true&status=FAILED";
//! assert_eq!(Callback::parse(forged).unwrap_err().field(), "paymentSuccessful");
//! # Ok::<(), ekolopay::InvalidInput>(())
//! ```
//!
//! `Deserialize` has the same rules, so a web framework's form extractor can take a [`Callback`].

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use crate::error::InvalidInput;
use crate::purchase::PurchaseToken;

/// A callback's claim about one payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    purchase_token: PurchaseToken,
    claims_success: bool,
    status: Status,
    message: String,
}

/// `status`: the words of the documentation, to the letter, and room for the words of a later one.
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
    /// Any other text, as it came.
    Other(String),
}

impl Callback {
    /// The body of the request, `application/x-www-form-urlencoded`.
    ///
    /// Unknown keys are ignored. `message` may be missing, and a byte of it that is not UTF-8 becomes U+FFFD.
    ///
    /// # Errors
    ///
    /// - `purchaseToken`, `paymentSuccessful`, `status` or `message`, when it is given twice;
    /// - the first three, when one is missing;
    /// - `purchaseToken`, when it is no token;
    /// - `paymentSuccessful`, when it is neither `true` nor `1`, `false`, `0` or empty (in any case), or when it
    ///   contradicts a documented status;
    /// - `status`, when it is not UTF-8.
    pub fn parse(body: &[u8]) -> Result<Callback, InvalidInput> {
        let mut fields = Fields::default();
        for (key, value) in form_urlencoded::parse(body) {
            if let Some(slot) = fields.slot(&key) {
                slot.fill(value)?;
            }
        }
        fields.check()
    }

    /// The token that the callback speaks of. Find the order by it, and check the *order's* token.
    #[must_use]
    pub fn purchase_token(&self) -> &PurchaseToken {
        &self.purchase_token
    }

    /// The status that the callback claims.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// A text about the status, in French, for people; empty when there was none.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the callback claims in `paymentSuccessful`. Anyone can claim it: ask
    /// [`check_payment`](crate::Gateway::check_payment).
    #[must_use]
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
                    match fields.slot(&key) {
                        Some(slot) => slot
                            .fill(map.next_value::<String>()?.into())
                            .map_err(A::Error::custom)?,
                        None => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                fields.check().map_err(A::Error::custom)
            }
        }

        deserializer.deserialize_map(CallbackVisitor)
    }
}

/// The four fields while a form is read, whichever way it comes: all rules stand here.
struct Fields<'a> {
    purchase_token: Slot<'a>,
    payment_successful: Slot<'a>,
    status: Slot<'a>,
    message: Slot<'a>,
}

impl Default for Fields<'_> {
    fn default() -> Self {
        Fields {
            purchase_token: Slot::empty("purchaseToken"),
            payment_successful: Slot::empty("paymentSuccessful"),
            status: Slot::empty("status"),
            message: Slot::empty("message"),
        }
    }
}

impl<'a> Fields<'a> {
    fn slot(&mut self, key: &str) -> Option<&mut Slot<'a>> {
        [
            &mut self.purchase_token,
            &mut self.payment_successful,
            &mut self.status,
            &mut self.message,
        ]
        .into_iter()
        .find(|slot| slot.name == key)
    }

    fn check(self) -> Result<Callback, InvalidInput> {
        let message = self.message.value.unwrap_or_default().into_owned();
        let purchase_token = PurchaseToken::new(self.purchase_token.required()?)?;
        let claims_success = boolean(&self.payment_successful.required()?)?;
        let status = status(self.status.required()?)?;
        let documented = match status {
            Status::Success | Status::Successful => true,
            Status::Failed | Status::Rejected | Status::Timeout => false,
            Status::Other(_) => claims_success,
        };
        if claims_success != documented {
            return Err(InvalidInput::new(
                "paymentSuccessful",
                "contradicts the status",
            ));
        }
        Ok(Callback {
            purchase_token,
            claims_success,
            status,
            message,
        })
    }
}

struct Slot<'a> {
    name: &'static str,
    value: Option<Cow<'a, str>>,
}

impl<'a> Slot<'a> {
    fn empty(name: &'static str) -> Slot<'a> {
        Slot { name, value: None }
    }

    fn fill(&mut self, value: Cow<'a, str>) -> Result<(), InvalidInput> {
        match self.value.replace(value) {
            None => Ok(()),
            Some(_) => Err(InvalidInput::new(self.name, "is given twice")),
        }
    }

    fn required(self) -> Result<Cow<'a, str>, InvalidInput> {
        self.value.ok_or(InvalidInput::new(self.name, "is missing"))
    }
}

/// PHP writes `1` and `0`, or nothing for false; Java writes words.
fn boolean(text: &str) -> Result<bool, InvalidInput> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("true") || is("1") {
        Ok(true)
    } else if is("false") || is("0") || is("") {
        Ok(false)
    } else {
        Err(InvalidInput::new(
            "paymentSuccessful",
            "must be true or false",
        ))
    }
}

fn status(text: Cow<'_, str>) -> Result<Status, InvalidInput> {
    match &*text {
        "SUCCESS" => Ok(Status::Success),
        "SUCCESSFUL" => Ok(Status::Successful),
        "FAILED" => Ok(Status::Failed),
        "REJECTED" => Ok(Status::Rejected),
        "TIMEOUT" => Ok(Status::Timeout),
        other if other.contains(char::REPLACEMENT_CHARACTER) => {
            Err(InvalidInput::new("status", "must be UTF-8"))
        }
        _ => Ok(Status::Other(text.into_owned())),
    }
}
