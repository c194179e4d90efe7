use crate::transport::TransportError;

/// Everything that can go wrong in a call to the gateway.
///
/// Each variant asks something different of the caller; [`delivery`](Error::delivery) sums it up in one
/// question: can the gateway have acted?
///
/// | error | when | what to do |
/// |---|---|---|
/// | [`Invalid`](Error::Invalid) | an argument or a setting breaks a rule | mend the input; nothing was sent |
/// | [`Unavailable`](Error::Unavailable) | the gateway says that it is out of service | try again later; nothing was done |
/// | [`Refused`](Error::Refused) | the gateway answered with its own refusal | read the message, which is the gateway's and in French |
/// | [`UnexpectedReply`](Error::UnexpectedReply) | the answer is not one the documentation knows | take it neither as paid nor as failed; check the payment later |
/// | [`Transport`](Error::Transport) | the exchange itself failed | see [`delivery`](Error::delivery): not sent, or outcome unknown |
///
/// `Display` never repeats what [`source`](std::error::Error::source) says, and no text holds the secret key.
///
/// ```
/// use ekolopay::{Delivery, Error};
///
/// fn log_line(error: &Error) -> String {
///     let what = match error {
///         Error::Invalid(invalid) => format!("mend {}", invalid.field()),
///         Error::Unavailable { message } => format!("try later: {message}"),
///         Error::Refused { code, message } => format!("the gateway says no ({code}): {message}"),
///         Error::UnexpectedReply { status, reason, excerpt } => format!("HTTP {status}, {reason}: {excerpt:?}"),
///         Error::Transport(failure) => failure.to_string(),
///         other => other.to_string(),
///     };
///     let so = match error.delivery() {
///         Delivery::NotSent => "nothing was done",
///         Delivery::Unknown => "it may have arrived: check before doing it again",
///         Delivery::Answered => "it was answered: repeating it will not help",
///     };
///     format!("{what}; {so}")
/// }
///
/// let error = Error::Unavailable { message: "Service indisponible".to_owned() };
/// assert!(error.is_unavailable() && !error.is_timeout());
/// assert_eq!(log_line(&error), "try later: Service indisponible; nothing was done");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument or a setting breaks a rule. Nothing was sent.
    #[error(transparent)]
    Invalid(#[from] InvalidInput),

    /// The gateway is out of service and has done nothing: it said so, in the check before the call or in
    /// the reply to the call, or the check met HTTP 502, 503 or 504.
    ///
    /// Documentation: « NOTEZ BIEN ».
    #[error("the gateway is unavailable: {message:?}")]
    Unavailable {
        /// The gateway's own words, or `HTTP 503` and the like when it had none.
        message: String,
    },

    /// The gateway answered with its own refusal: a code other than 200 and a `clearMessage`.
    ///
    /// Documentation: « Réponse du serveur », « Echoué ».
    #[error("the gateway refused with code {code}: {message:?}")]
    Refused {
        /// `API_RESPONSE_CODE`; the documentation shows 0.
        code: i64,
        /// `clearMessage`, in French, for people.
        message: String,
    },

    /// An answer that the documentation does not know. It proves neither that something was done nor that
    /// nothing was.
    #[error("unexpected reply, HTTP {status}: {reason}; it begins with {excerpt:?}")]
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

    /// Whether the exchange ran out of its time.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Error::Transport(error) if error.is_timeout())
    }

    /// Whether the gateway can have acted on the call.
    pub fn delivery(&self) -> Delivery {
        match self {
            Error::Invalid(_) | Error::Unavailable { .. } => Delivery::NotSent,
            Error::Refused { .. } | Error::UnexpectedReply { .. } => Delivery::Answered,
            Error::Transport(error) => error.delivery(),
        }
    }
}

/// How far a failed call came. See [`Error::delivery`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// The gateway has not acted: the call never left, or it was answered that the service is down.
    NotSent,
    /// The call may have arrived, and what became of it is not known.
    Unknown,
    /// Something answered. On [`Error::UnexpectedReply`] that does not prove that nothing was done.
    Answered,
}

/// An input that breaks a rule: which field, and which rule. The value itself is never kept.
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

    /// The same rule, reported under the name that the caller knows.
    pub(crate) fn renamed(self, field: &'static str) -> InvalidInput {
        InvalidInput { field, ..self }
    }

    /// The field by its name in the gateway's documentation (`amount`, `customer.phone`, `purchaseToken`, …),
    /// the setting (`origin`, `timeout`, …), or the environment variable.
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// The rule that is broken, to be read after the field's name.
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
    require(text.bytes().all(|byte| byte.is_ascii_graphic()), field, "must be visible ASCII characters only")
}
