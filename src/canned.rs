//! Canned replies instead of the network, for a shop's unit tests.
//!
//! The availability check passes by itself, and the calls get the replies in the given order. The replies go through
//! the same code as those of the real gateway.
//!
//! ```
//! use ekolopay::canned::{Canned, REFUSED};
//! use ekolopay::transport::{Endpoint, TransportError};
//! use ekolopay::{Credentials, Delivery, Error, Gateway};
//!
//! let canned = Canned::new()
//!     .reply(200, REFUSED)
//!     .fails(TransportError::new(Delivery::Unknown, "connection reset"));
//! let gateway = Gateway::builder(Credentials::new("demo", "a-secret-key")?)
//!     .transport(canned.clone())
//!     .build()?;
//! let token = "940d4e9a".parse()?;
//!
//! assert!(matches!(gateway.check_payment(&token), Err(Error::Refused { code: 0, .. })));
//! assert_eq!(gateway.check_payment(&token).unwrap_err().delivery(), Delivery::Unknown);
//!
//! let canned = canned.unavailable();
//! assert!(gateway.check_payment(&token).unwrap_err().is_unavailable());
//!
//! let sent: Vec<Endpoint> = canned.requests().iter().map(|request| request.endpoint()).collect();
//! use Endpoint::{Availability, CheckPayment};
//! assert_eq!(sent, [Availability, CheckPayment, Availability, CheckPayment, Availability]);
//! # Ok::<(), Error>(())
//! ```

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::delivery::Delivery;
use crate::transport::{Endpoint, Reply, Request, Transport, TransportError};

/// The documented success of « Créer un token d'achat ». Its token is the word `string`.
pub const TOKEN: &str = r#"{
  "response" : {
      "API_RESPONSE_CODE" : 200,
      "API_RESPONSE_DATA" : {
           "API_DATA" : {"purchaseToken" : "string"}
      }
  }
}"#;

/// The documented success of « Vérifier le paiement »: the order is paid.
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

/// The documented failure of both calls. Its `clearMessage` is the word `string`.
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
    /// No reply yet: the availability check passes, a call fails as [`Delivery::NotSent`].
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
            _ => state
                .answers
                .pop_front()
                .unwrap_or_else(|| Err(TransportError::new(Delivery::NotSent, "no canned reply is left"))),
        }
    }
}
