//! Step 4, « Vérifier le paiement »: the only place that decides that an order is paid.
//!
//! A shop ships against a [`PaidPurchase`], which only a verified payment makes, and finds the order by its token. A
//! function that takes one cannot be called for an order that was not paid.
//! The [crate page](crate#the-five-steps-of-a-payment) shows both, in steps 4 and 5.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::reply::{Failure, object, unquoted};
use crate::secret::Secret;
use crate::token::PurchaseToken;

/// The gateway's answer to « le paiement de la commande a réussi ou pas ».
#[derive(Debug)]
#[must_use = "ignoring the result treats an unpaid order as paid"]
pub enum Verification {
    /// The order is paid.
    Paid(PaidPurchase),
    /// The order is not paid, or not yet: the customer may still be entering a code. Check again later.
    NotPaid,
}

/// The proof that the order with a token is paid.
///
/// [`check_payment`](crate::Gateway::check_payment) alone makes one: there is no constructor, no `Clone`, no `Default`
/// and no `Deserialize`.
///
/// ```
/// # use ekolopay::verify::PaidPurchase;
/// fn pass_on(paid: PaidPurchase) -> PaidPurchase {
///     paid
/// }
/// ```
/// ```compile_fail,E0451
/// # use ekolopay::verify::PaidPurchase;
/// fn build(paid: PaidPurchase) -> PaidPurchase {
///     PaidPurchase { ..paid } // its fields are private
/// }
/// ```
#[derive(Debug)]
pub struct PaidPurchase {
    token: PurchaseToken,
}

impl PaidPurchase {
    /// The token that was paid. Ship the order that was stored with *this* token, whatever order a request mentions.
    pub fn token(&self) -> &PurchaseToken {
        &self.token
    }

    /// The token that was paid, giving up the proof.
    pub fn into_token(self) -> PurchaseToken {
        self.token
    }
}

/// The form of `POST /check-payment`.
pub(crate) fn encode(token: &PurchaseToken, secret: &Secret) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::with_capacity(128))
        .append_pair("purchaseToken", token.as_str())
        .append_pair("secret_key", secret.expose())
        .finish()
        .into_bytes()
}

/// Whether the reply to `POST /check-payment` says that the order with this token is paid.
pub(crate) fn decode(api_data: &str, token: &PurchaseToken) -> Result<Verification, Failure> {
    #[derive(Deserialize)]
    struct ApiData<'a> {
        #[serde(borrow)]
        payment_successful: Option<&'a RawValue>,
    }

    match object(api_data).and_then(|data: ApiData<'_>| boolean(data.payment_successful?)) {
        Some(true) => Ok(Verification::Paid(PaidPurchase { token: token.clone() })),
        Some(false) => Ok(Verification::NotPaid),
        None => Err(Failure::Unexpected("payment_successful is not a boolean")),
    }
}

/// PHP may write a boolean as a number, and either as a string. Anything else is not a boolean.
fn boolean(value: &RawValue) -> Option<bool> {
    match &*unquoted(value) {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// An ignored verification is a warning, denied here.
///
/// ```compile_fail
/// #![deny(unused_must_use)]
/// fn check(gateway: &ekolopay::Gateway, token: &ekolopay::purchase::PurchaseToken) -> Result<(), ekolopay::Error> {
///     gateway.check_payment(token)?;
///     Ok(())
/// }
/// ```
#[cfg(doctest)]
struct Ignored;
