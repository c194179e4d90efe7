use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::verify::Verification;
use ekolopay::{Delivery, Error, Gateway, InvalidInput};
use ekolopay_test_kit::all_texts;
use serde::{Deserialize, Serialize};

use crate::request::Request;
use crate::{logs, replies};

/// A call of the SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// `create_purchase_token`, of an order of this amount.
    Token(u64),
    /// `check_payment`, of the token with this number.
    Payment(u64),
}

impl Call {
    /// Makes the call. A reply that belongs to another call is the outcome `wrong reply`.
    pub fn make(self, gateway: &Gateway) -> CallOutcome {
        logs::watch();
        let right = match self {
            Call::Token(amount) => purchase(amount)
                .map_err(Error::from)
                .and_then(|purchase| gateway.create_purchase_token(&purchase))
                .map(|token| token.as_str() == replies::token_of(&amount.to_string())),
            Call::Payment(number) => token(number)
                .map_err(Error::from)
                .and_then(|token| Ok((gateway.check_payment(&token)?, token)))
                .map(|(verification, token)| match verification {
                    Verification::Paid(paid) => number % 2 == 0 && *paid.token() == token,
                    Verification::NotPaid => number % 2 == 1,
                }),
        };
        CallOutcome::of(right)
    }

    /// The call that this request makes, if its body came whole.
    pub fn of(request: &Request) -> Option<Call> {
        match (request.value("amount"), request.value("purchaseToken")) {
            _ if request.body.len() < request.length => None,
            (Some(amount), _) => amount.parse().ok().map(Call::Token),
            (None, token) => token?.trim_end_matches(replies::UNPAID).parse().ok().map(Call::Payment),
        }
    }
}

fn purchase(amount: u64) -> Result<Purchase, InvalidInput> {
    Purchase::new(amount, Product::new("Achat d'un Iphone S"), Customer::new("066304925"))
}

/// Even numbers belong to orders that are paid.
fn token(number: u64) -> Result<PurchaseToken, InvalidInput> {
    PurchaseToken::new(format!("{number}{}", if number % 2 == 0 { "" } else { replies::UNPAID }))
}

/// What became of a call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CallOutcome {
    /// The kind of the error and its delivery, such as `Transport: NotSent`, or `success`.
    pub what: String,
    /// `Display` and `Debug` of the error and of all its sources.
    pub texts: String,
}

impl CallOutcome {
    /// The outcome of a result that is `true` if the reply was the right one.
    pub fn of(result: Result<bool, Error>) -> CallOutcome {
        let what = match &result {
            Ok(true) => "success".to_owned(),
            Ok(false) => "wrong reply".to_owned(),
            Err(error) => format!("{}: {:?}", kind(error), error.delivery()),
        };
        CallOutcome { what, texts: result.err().map_or(String::new(), |error| all_texts(&error)) }
    }

    /// Whether it is an error with this delivery.
    pub fn is(&self, delivery: Delivery) -> bool {
        self.what.ends_with(&format!(": {delivery:?}"))
    }
}

fn kind(error: &Error) -> String {
    match error {
        Error::Invalid(_) => "Invalid".to_owned(),
        Error::Unavailable { .. } => "Unavailable".to_owned(),
        Error::Refused { code, message, .. } => format!("Refused {code} {message:?}"),
        Error::UnexpectedReply { .. } => "UnexpectedReply".to_owned(),
        Error::Transport(_) if error.is_timeout() => "Transport, timeout".to_owned(),
        Error::Transport(_) => "Transport".to_owned(),
        other => format!("{other:?}"),
    }
}
