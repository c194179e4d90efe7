//! Canned replies instead of the network, for a shop's unit tests.
//!
//! The availability check passes by itself, and the calls get the replies in the given order. The replies go through
//! the same code as those of the live gateway.
//!
//! ```
//! use ekolopay::canned::{Canned, NOT_PAID, PAID, callback, refusal, token_reply};
//! use ekolopay::callback::{Callback, Status};
//! use ekolopay::purchase::{Customer, Product, Purchase};
//! use ekolopay::transport::TransportError;
//! use ekolopay::verify::Verification;
//! use ekolopay::{Credentials, Error, Gateway};
//!
//! // Two orders, and the second is paid.
//! let canned = Canned::new()
//!     .reply(200, token_reply("first"))
//!     .reply(200, token_reply("second"))
//!     .reply(200, NOT_PAID)
//!     .reply(200, PAID);
//! let credentials = Credentials::new("demo", "a-secret-key")?;
//! let gateway = Gateway::builder(credentials).transport(canned.clone()).build()?;
//! let purchase = Purchase::new(150_000, Product::new("Iphone S"), Customer::new("066304925"))?;
//! let tokens = [gateway.create_purchase_token(&purchase)?, gateway.create_purchase_token(&purchase)?];
//! assert!(matches!(gateway.check_payment(&tokens[0])?, Verification::NotPaid));
//! assert!(matches!(gateway.check_payment(&tokens[1])?, Verification::Paid(paid) if paid.token() == &tokens[1]));
//!
//! // What the gateway posts to the shop.
//! let posted = Callback::parse(&callback(&tokens[1], &Status::Successful))?;
//! assert_eq!(posted.purchase_token(), &tokens[1]);
//!
//! // What can go wrong.
//! let canned = canned.reply(200, refusal("Token invalide")).fails(TransportError::lost("connection reset"));
//! assert!(matches!(gateway.check_payment(&tokens[0]), Err(Error::Refused { code: 0, .. })));
//! assert!(gateway.check_payment(&tokens[0]).unwrap_err().may_have_acted());
//! # Ok::<(), Error>(())
//! ```

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::callback::Status;
use crate::token::PurchaseToken;
use crate::transport::{Endpoint, Reply, Request, Transport, TransportError};

/// The documented success of « Créer un token d'achat ». Its token is the word `string`; [`token_reply`] makes another.
pub const TOKEN: &str = r#"{
  "response" : {
      "API_RESPONSE_CODE" : 200,
      "API_RESPONSE_DATA" : {
           "API_DATA" : {"purchaseToken" : "string"}
      }
  }
}"#;

/// The documented success of « Vérifier le paiement » with `true`: the order is paid.
pub const PAID: &str = r#"{
    "response" : {
        "API_RESPONSE_CODE" : 200,
        "API_RESPONSE_DATA" : {
            "API_DATA" : {"payment_successful" : true}
        }
    }
}"#;

/// The documented success of « Vérifier le paiement » with `false`: the order is not paid, or not yet.
pub const NOT_PAID: &str = r#"{
    "response" : {
        "API_RESPONSE_CODE" : 200,
        "API_RESPONSE_DATA" : {
            "API_DATA" : {"payment_successful" : false}
        }
    }
}"#;

/// The documented failure of both calls. Its `clearMessage` is the word `string`; [`refusal`] makes another.
pub const REFUSED: &str = r#"{
    "response" : {
        "API_RESPONSE_CODE" : 0,
        "API_RESPONSE_DATA" : {
            "clearMessage" : "string"
        }
    }
}"#;

/// « NOTEZ BIEN »: the gateway is out of service.
pub const UNAVAILABLE: &str = r#"{
    "code" : 0,
    "message" : "Service indisponible",
    "reason" : "UNAVAILABLE_SERVICE"
}"#;

/// The documented success of « Créer un token d'achat » with this token: two orders in one test need two tokens.
pub fn token_reply(token: &str) -> String {
    with_string(TOKEN, token)
}

/// The documented failure of both calls with this `clearMessage`.
pub fn refusal(message: &str) -> String {
    with_string(REFUSED, message)
}

/// The documented body with this text in the place of its `"string"`.
fn with_string(documented: &str, text: &str) -> String {
    documented.replace(r#""string""#, &serde_json::Value::from(text).to_string())
}

/// The body that the gateway posts to the shop for this status, with the documented message. [`Status::Other`] is not
/// documented: it claims no success and has no message.
pub fn callback(token: &PurchaseToken, status: &Status) -> Vec<u8> {
    let message = match status {
        Status::Success | Status::Successful => Some("Paiement réussi."),
        Status::Failed => Some("Le paiement a échoué."),
        Status::Rejected => Some("Le paiement est rejeté."),
        Status::Timeout => Some("Le temps d'attente de paiement est dépassé."),
        Status::Other(_) => None,
    };
    let is_success = matches!(status, Status::Success | Status::Successful);
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("purchaseToken", token.as_str())
        .append_pair("paymentSuccessful", if is_success { "true" } else { "false" })
        .append_pair("status", status.as_str());
    form.extend_pairs(message.map(|message| ("message", message))).finish().into_bytes()
}

/// A [`Transport`] that answers from a list. Clones share the list and the record of requests. See the
/// [example](self).
#[derive(Debug, Clone, Default)]
pub struct Canned {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    answers: VecDeque<Result<Reply, TransportError>>,
    out_of_service: bool,
    requests: Vec<Request>,
}

impl Canned {
    /// No reply yet: the availability check passes, a call fails as [not sent](TransportError::not_sent).
    pub fn new() -> Canned {
        Canned::default()
    }

    /// The next call gets this HTTP status and body.
    pub fn reply(self, status: u16, body: impl Into<Vec<u8>>) -> Canned {
        self.state().answers.push_back(Ok(Reply::new(status, body)));
        self
    }

    /// The next call fails with this error.
    pub fn fails(self, error: TransportError) -> Canned {
        self.state().answers.push_back(Err(error));
        self
    }

    /// From now on the availability check gets the documented reply of a gateway that is out of service.
    pub fn unavailable(self) -> Canned {
        self.state().out_of_service = true;
        self
    }

    /// All requests so far, availability checks included.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// A test that panicked elsewhere leaves the state intact.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Canned {
    fn send(&self, request: &Request) -> Result<Reply, TransportError> {
        let mut state = self.state();
        state.requests.push(request.clone());
        match request.endpoint() {
            Endpoint::Availability if state.out_of_service => Ok(Reply::new(200, UNAVAILABLE)),
            Endpoint::Availability => Ok(Reply::new(200, "{}")),
            _ => {
                let answer = state.answers.pop_front();
                answer.unwrap_or_else(|| Err(TransportError::not_sent("no canned reply is left")))
            }
        }
    }
}
