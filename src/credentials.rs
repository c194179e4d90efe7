use crate::invalid::{InvalidInput, require_visible_ascii, variable};
use crate::secret::Secret;

/// What identifies a merchant to the gateway: the API client and its secret key.
///
/// Both come from the merchant's account (documentation: « Le compte Marchand »). The secret key cannot be read back:
/// it has no getter, `Debug` hides it, and there is no `Display`, `Serialize` or `PartialEq`.
///
/// ```
/// use ekolopay::Credentials;
///
/// let credentials = Credentials::new("demo", "054e9a59-ab57-4e9a-940d-97e6b940d875")?;
/// assert_eq!(credentials.api_client(), "demo");
/// assert_eq!(
///     format!("{credentials:?}"),
///     r#"Credentials { api_client: "demo", secret_key: [secret] }"#
/// );
/// # Ok::<(), ekolopay::InvalidInput>(())
/// ```
#[derive(Debug, Clone)]
pub struct Credentials {
    api_client: String,
    secret_key: Secret,
}

impl Credentials {
    /// Credentials from the merchant's account.
    ///
    /// # Errors
    ///
    /// `api_client` or `secret_key`: empty, longer than 1,024 bytes, or with anything but visible ASCII, such as a
    /// space, a line break from a file, or an accent.
    pub fn new(api_client: impl Into<String>, secret_key: impl Into<String>) -> Result<Credentials, InvalidInput> {
        let (api_client, secret_key) = (api_client.into(), secret_key.into());
        require_visible_ascii("api_client", &api_client)?;
        require_visible_ascii("secret_key", &secret_key)?;
        Ok(Credentials { api_client, secret_key: Secret::new(secret_key) })
    }

    /// Credentials from the variables `EKOLOPAY_API_CLIENT` and `EKOLOPAY_SECRET_KEY`.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Credentials::new), and a variable that is not set or not Unicode. The
    /// [`field`](InvalidInput::field) is the variable's name.
    ///
    /// ```no_run
    /// let credentials = ekolopay::Credentials::from_env()?;
    /// # Ok::<(), ekolopay::InvalidInput>(())
    /// ```
    pub fn from_env() -> Result<Credentials, InvalidInput> {
        let required = |name| {
            let value = variable(name)?.ok_or(InvalidInput::new(name, "is not set"))?;
            require_visible_ascii(name, &value).map(|()| value)
        };
        let api_client = required("EKOLOPAY_API_CLIENT")?;
        Ok(Credentials { api_client, secret_key: Secret::new(required("EKOLOPAY_SECRET_KEY")?) })
    }

    /// The API client. It is not a secret: it is part of the URL of every call.
    pub fn api_client(&self) -> &str {
        &self.api_client
    }

    /// The text with the secret key replaced by `[secret]`, for a log of the merchant's own: as the SDK does with the
    /// gateway's texts, the key is found as given, percent-encoded or JSON-escaped, [also cut](crate#security). If it
    /// still occurs in the result, the text is empty.
    ///
    /// ```
    /// let credentials = ekolopay::Credentials::new("demo", "054e9a59/ab57")?;
    /// let body = r#"{"error":"bad key 054e9a59\/ab57"}"#;
    /// assert_eq!(credentials.redact(body), r#"{"error":"bad key [secret]"}"#);
    /// # Ok::<(), ekolopay::InvalidInput>(())
    /// ```
    pub fn redact(&self, text: &str) -> String {
        self.secret_key.redact(text)
    }

    pub(crate) fn secret_key(&self) -> &Secret {
        &self.secret_key
    }
}

/// The API client can be read; the secret key cannot, neither by a method nor by its field.
///
/// ```compile_fail,E0624
/// fn read(credentials: ekolopay::Credentials) { let _ = credentials.secret_key(); }
/// ```
/// ```compile_fail,E0616
/// fn read(credentials: ekolopay::Credentials) { let _ = credentials.secret_key; }
/// ```
#[cfg(doctest)]
struct SecretRead;
