use crate::delivery::Delivery;
use crate::transport::TransportError;

/// Everything that can go wrong in a call to the gateway.
///
/// Each variant calls for a different reaction. [`delivery`](Error::delivery) answers the question they share: can the
/// gateway have acted?
///
/// | error | when | what to do |
/// |---|---|---|
/// | [`Invalid`](Error::Invalid) | an argument or a setting breaks a rule | fix the input; nothing was sent |
/// | [`Unavailable`](Error::Unavailable) | the gateway says that it is out of service | try again later; nothing was done |
/// | [`Refused`](Error::Refused) | the gateway answered with its own refusal | read the gateway's message, which is in French |
/// | [`UnexpectedReply`](Error::UnexpectedReply) | the answer is not a documented one | treat it neither as paid nor as failed; check the payment later |
/// | [`Transport`](Error::Transport) | the exchange itself failed | see [`delivery`](Error::delivery): not sent, or outcome unknown |
///
/// `Display` never repeats its [`source`](std::error::Error::source), and no text contains the secret key. Log the
/// whole chain:
///
/// ```
/// use std::error::Error as _;
/// use std::iter::successors;
///
/// use ekolopay::{Delivery, Error};
///
/// fn log_line(error: &Error) -> String {
///     let next = match (error, error.delivery()) {
///         (Error::Invalid(invalid), _) => format!("fix {}", invalid.field()),
///         (_, Delivery::NotSent) => "nothing was done: try again later".to_owned(),
///         (_, Delivery::Unknown) => "it may have arrived: check again, or create another token".to_owned(),
///         (Error::Refused { code, .. }, _) => {
///             format!("the gateway said no with code {code}: read its message")
///         }
///         (_, Delivery::Answered) => "this proves nothing: check again later".to_owned(),
///     };
///     let causes = successors(error.source(), |&cause| cause.source());
///     let causes: String = causes.map(|cause| format!(": {cause}")).collect();
///     format!("{error}{causes}; {next}")
/// }
///
/// # use ekolopay::canned::Canned;
/// # use ekolopay::transport::TransportError;
/// # use ekolopay::{Credentials, Gateway};
/// # let canned = Canned::new().fails(TransportError::new(Delivery::Unknown, "connection reset"));
/// # let gateway = Gateway::builder(Credentials::new("demo", "a-secret-key")?).transport(canned.clone()).build()?;
/// # let token = "940d4e9a".parse()?;
/// let error = gateway.check_payment(&token).unwrap_err();
/// assert_eq!(
///     log_line(&error),
///     "the request was sent and its outcome is unknown: connection reset; \
///      it may have arrived: check again, or create another token"
/// );
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument or a setting breaks a rule. Nothing was sent.
    #[error(transparent)]
    Invalid(#[from] InvalidInput),

    /// The gateway is out of service and has done nothing: it said so, in the check before the call or in the reply to
    /// the call, or the check was answered with HTTP 429, 502, 503 or 504.
    ///
    /// Documentation: « NOTEZ BIEN ».
    #[error("the gateway is unavailable: {message:?}")]
    #[non_exhaustive]
    Unavailable {
        /// The gateway's own words, at most 1,000 characters, or a text such as `HTTP 503` if it gave none.
        message: String,
    },

    /// The gateway answered with its own refusal: a code other than 200 and a `clearMessage`.
    ///
    /// Documentation: « Réponse du serveur », « Echoué ».
    #[error("the gateway refused with code {code}: {message:?}")]
    #[non_exhaustive]
    Refused {
        /// The HTTP status. The documentation names none.
        status: u16,
        /// `API_RESPONSE_CODE`; the documentation shows 0.
        code: i64,
        /// `clearMessage`, in French, for people; at most 1,000 characters.
        message: String,
    },

    /// An answer that is not documented. It proves neither that something was done nor that nothing was.
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

    /// The exchange failed: no connection, no certificate to trust, no answer in time, an answer cut short.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

impl Error {
    /// Whether the gateway is out of service: a later call may succeed.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Error::Unavailable { .. })
    }

    /// Whether the exchange timed out.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Error::Transport(error) if error.is_timeout())
    }

    /// Whether the gateway may have acted on the call.
    pub fn delivery(&self) -> Delivery {
        match self {
            Error::Invalid(_) | Error::Unavailable { .. } => Delivery::NotSent,
            Error::Refused { .. } | Error::UnexpectedReply { .. } => Delivery::Answered,
            Error::Transport(error) => error.delivery(),
        }
    }
}

/// An input that breaks a rule: which field, and which rule. The value itself is never stored.
///
/// ```
/// let invalid = ekolopay::Credentials::new("demo", "").unwrap_err();
/// assert_eq!(invalid.field(), "secret_key");
/// assert_eq!(invalid.reason(), "must not be empty");
/// assert_eq!(invalid.to_string(), "secret_key must not be empty");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {reason}")]
pub struct InvalidInput {
    field: &'static str,
    reason: &'static str,
}

impl InvalidInput {
    pub(crate) fn new(field: &'static str, reason: &'static str) -> InvalidInput {
        InvalidInput { field, reason }
    }

    /// The same rule, with the name that the caller knows.
    pub(crate) fn renamed(self, field: &'static str) -> InvalidInput {
        InvalidInput { field, ..self }
    }

    /// The field by its name in the gateway's documentation (`amount`, `customer.phone`, `purchaseToken`, …),
    /// the setting (`origin`, `timeout`, …), or the environment variable.
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// The broken rule, to be read after the field's name.
    pub fn reason(&self) -> &str {
        self.reason
    }
}

/// A rule, as one line where it is applied.
pub(crate) fn require(holds: bool, field: &'static str, reason: &'static str) -> Result<(), InvalidInput> {
    if holds { Ok(()) } else { Err(InvalidInput::new(field, reason)) }
}

/// The rule that credentials and tokens share.
pub(crate) fn require_visible_ascii(field: &'static str, text: &str) -> Result<(), InvalidInput> {
    require(!text.is_empty(), field, "must not be empty")?;
    require(text.bytes().all(|byte| byte.is_ascii_graphic()), field, "must be visible ASCII characters only")?;
    require(text.len() <= 1024, field, "must be at most 1,024 bytes long")
}
