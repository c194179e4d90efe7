use crate::invalid::InvalidInput;
use crate::transport::TransportError;

/// Everything that can go wrong in a call to the gateway.
///
/// **May I call again?** A *failed* call may be repeated, as far as the documentation lets us assume: a check only reads,
/// and a token that nobody was sent to does nothing. A second *successful* creation makes a second token that can be
/// paid: send the customer to one only.
///
/// **May something have been done?** [`may_have_acted`](Error::may_have_acted) says so. What each error means for an order
/// stands in [one table](crate#errors).
///
/// `Display` never repeats its [`source`](std::error::Error::source), and the secret key is [removed](crate#security)
/// from every text of a reply. Log the whole chain:
///
/// ```
/// use std::error::Error;
/// use std::iter::successors;
///
/// fn log_line(error: &ekolopay::Error) -> String {
///     let chain = successors(Some(error as &dyn Error), |&error| error.source());
///     chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
/// }
///
/// let lost = ekolopay::transport::TransportError::lost("connection reset");
/// let line = "the request may have been sent: its outcome is unknown: connection reset";
/// assert_eq!(log_line(&lost.into()), line);
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An input breaks a rule. No call of a [`Gateway`](crate::Gateway) returns this: it is here for `?`, where inputs
    /// are made and calls follow.
    #[error(transparent)]
    Invalid(#[from] InvalidInput),

    /// The gateway is out of service and has done nothing: it said so, in the check before the call or in the reply to
    /// the call, or the status of the check did (HTTP 429, 502 to 504, 520 to 527, 530).
    ///
    /// Documentation: « NOTEZ BIEN ».
    #[error("the gateway is unavailable: {message:?}")]
    #[non_exhaustive]
    Unavailable {
        /// The HTTP status. The documentation names none.
        status: u16,
        /// The gateway's own words, at most 1,000 characters, or a text such as `HTTP 503` if it gave none.
        message: String,
    },

    /// The gateway refused what was asked: a code other than 200 and a message.
    ///
    /// Documentation: « Réponse du serveur », « Echoué ». A notice with a `code`, a `reason` and a `message`, which the
    /// company's newer API documents for every error, counts too.
    #[error("the gateway refused with code {code}: {message:?}")]
    #[non_exhaustive]
    Refused {
        /// The HTTP status. The documentation names none.
        status: u16,
        /// `API_RESPONSE_CODE`; the documentation shows 0.
        code: i64,
        /// `clearMessage`, for people; at most 1,000 characters. For a notice: its message, or else its reason.
        message: String,
    },

    /// A reply that is not documented. It proves neither that something was done nor that nothing was.
    #[error("unexpected reply, HTTP {status}: {reason}; it begins with {excerpt:?}")]
    #[non_exhaustive]
    UnexpectedReply {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it.
        reason: &'static str,
        /// The beginning of the body, at most 200 characters.
        excerpt: String,
    },

    /// The exchange failed: no connection, no certificate to trust, no reply in time, a reply cut short.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

impl Error {
    /// Whether the gateway may have done what was asked: true for an [`UnexpectedReply`](Error::UnexpectedReply), for a
    /// [`Transport`](Error::Transport) failure after which the call may have arrived, and for a
    /// [`Refused`](Error::Refused) under HTTP 5xx, which a gateway that failed halfway may give. False for everything
    /// else.
    pub fn may_have_acted(&self) -> bool {
        match self {
            Error::Invalid(_) | Error::Unavailable { .. } => false,
            Error::Refused { status, .. } => (500..600).contains(status),
            Error::UnexpectedReply { .. } => true,
            Error::Transport(error) => error.may_have_arrived(),
        }
    }

    /// Whether the gateway is out of service: a later call may succeed.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Error::Unavailable { .. })
    }

    /// Whether the exchange timed out.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Error::Transport(error) if error.is_timeout())
    }
}
