use ekolopay::purchase::{Customer, Product, Purchase};
use ekolopay::verify::Verification;
use ekolopay::{Error, Gateway};
use ekolopay_test_kit::{RawRequest, all_texts};
use serde::{Deserialize, Serialize};

use crate::logs;
use crate::service::{UNPAID, token_of, value};

/// A call of the SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// `create_purchase_token`, of an order of this amount.
    Token(u64),
    /// `check_payment`, of the token with this number. Even numbers belong to orders that are paid.
    Payment(u64),
}

impl Call {
    /// One of each.
    pub const BOTH: [Call; 2] = [Call::Token(150_000), Call::Payment(0)];

    /// Makes the call. A reply that belongs to another call is the outcome `wrong reply`.
    pub fn make(self, gateway: &Gateway) -> Outcome {
        logs::watch();
        Outcome::of(self.gets_its_reply(gateway))
    }

    fn gets_its_reply(self, gateway: &Gateway) -> Result<bool, Error> {
        match self {
            Call::Token(amount) => {
                let (product, customer) = (Product::new("Achat d'un Iphone S"), Customer::new("066304925"));
                let token = gateway.create_purchase_token(&Purchase::new(amount, product, customer)?)?;
                Ok(token.as_str() == token_of(&amount.to_string()))
            }
            Call::Payment(number) => {
                let token = format!("{number}{}", if number % 2 == 0 { "" } else { UNPAID });
                Ok(match gateway.check_payment(&token.parse()?)? {
                    Verification::Paid(paid) => number % 2 == 0 && paid.token().as_str() == token,
                    Verification::NotPaid => number % 2 == 1,
                })
            }
        }
    }

    /// The call that this request makes, if its body came whole.
    pub fn of(request: &RawRequest) -> Option<Call> {
        match (value(request, "amount"), value(request, "purchaseToken")) {
            _ if request.body.len() < request.length => None,
            (Some(amount), _) => amount.parse().ok().map(Call::Token),
            (None, token) => token?.trim_end_matches(UNPAID).parse().ok().map(Call::Payment),
        }
    }
}

/// What became of a call.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// The kind of the error, such as `Transport: not sent`, or `success`.
    pub what: String,
    /// `Display` and `Debug` of the error and of all its sources.
    pub texts: String,
    /// By how much the process had grown at most, in KiB. Only the program `client` knows, and only on Linux.
    pub growth: u64,
}

impl Outcome {
    /// The outcome of a result that is `true` if the reply was the right one.
    fn of(result: Result<bool, Error>) -> Outcome {
        let what = result.as_ref().map_or_else(kind, |right| if *right { "success" } else { "wrong reply" }.to_owned());
        Outcome { what, texts: result.err().map_or(String::new(), |error| all_texts(&error)), growth: 0 }
    }

    /// No byte of the call's body left.
    pub fn not_sent(&self) -> bool {
        self.what.ends_with(": not sent")
    }
}

/// Also checks what the error says of itself.
fn kind(error: &Error) -> String {
    let (kind, may_have_acted) = match error {
        Error::Invalid(_) => ("Invalid".to_owned(), false),
        Error::Unavailable { .. } => ("Unavailable".to_owned(), false),
        Error::Refused { code, message, status, .. } => {
            (format!("Refused {code} {message:?}"), (500..600).contains(status))
        }
        Error::UnexpectedReply { .. } => ("UnexpectedReply".to_owned(), true),
        Error::Transport(failure) => {
            let kind = if error.is_timeout() { "Transport, timeout" } else { "Transport" };
            let end = if failure.may_have_arrived() { "may have arrived" } else { "not sent" };
            (format!("{kind}: {end}"), failure.may_have_arrived())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(error.may_have_acted(), may_have_acted, "{error:?}");
    kind
}
