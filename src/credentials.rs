use std::env::{self, VarError};
use std::fmt;

use crate::error::{InvalidInput, require_visible_ascii};

/// So many bytes of a secret are not shown at the end of a text either, where a reply was cut in it.
const TELLING: usize = 8;

/// What the gateway knows a merchant by: the API client and its secret key.
///
/// Both come from the merchant's account (documentation: « Le compte Marchand »). The secret key can be put in
/// and not be taken out again: it has no getter, `Debug` hides it, and there is no `Display`, `Serialize` or `PartialEq`.
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
#[derive(Clone)]
pub struct Credentials {
    api_client: String,
    secret_key: String,
}

impl Credentials {
    /// Credentials from the merchant's account.
    ///
    /// # Errors
    ///
    /// `api_client` or `secret_key`, when it is empty or holds anything but visible ASCII: a space, a line
    /// break from a file, an accent.
    pub fn new(api_client: impl Into<String>, secret_key: impl Into<String>) -> Result<Credentials, InvalidInput> {
        let (api_client, secret_key) = (api_client.into(), secret_key.into());
        require_visible_ascii("api_client", &api_client)?;
        require_visible_ascii("secret_key", &secret_key)?;
        Ok(Credentials { api_client, secret_key })
    }

    /// Credentials from the variables `EKOLOPAY_API_CLIENT` and `EKOLOPAY_SECRET_KEY`.
    ///
    /// # Errors
    ///
    /// As [`new`](Credentials::new), and when a variable is not set or is not Unicode;
    /// [`field`](InvalidInput::field) is then the variable's name.
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
        Ok(Credentials { api_client: required("EKOLOPAY_API_CLIENT")?, secret_key: required("EKOLOPAY_SECRET_KEY")? })
    }

    /// The API client, which is no secret: it stands in the address of every call.
    pub fn api_client(&self) -> &str {
        &self.api_client
    }

    pub(crate) fn secret_key(&self) -> &str {
        &self.secret_key
    }

    /// Whether a text holds the secret, in any form that [`redact`](Credentials::redact) knows.
    pub(crate) fn occur_in(&self, text: &str) -> bool {
        self.find(text).is_some()
    }

    /// Puts `[secret]` where the secret stands: as given, percent-encoded or JSON-escaped, or cut at the end.
    pub(crate) fn redact(&self, text: &str) -> String {
        let mut redacted = String::new();
        let mut rest = text;
        while let Some((start, end)) = self.find(rest) {
            redacted.push_str(&rest[..start]);
            redacted.push_str("[secret]");
            rest = &rest[end..];
        }
        redacted.push_str(rest);
        // A secret such as "e" or "]" is found again in the mark itself, or across its edge.
        if self.occur_in(&redacted) { String::new() } else { redacted }
    }

    fn find(&self, text: &str) -> Option<(usize, usize)> {
        (0..text.len()).find_map(|start| {
            let text = &text.as_bytes()[start..];
            let rest = text.strip_prefix(self.secret_key.as_bytes()).or_else(|| self.after_secret(text))?;
            Some((start, start + text.len() - rest.len()))
        })
    }

    /// What follows the secret, in any form; nothing where the text is cut within it.
    fn after_secret<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        self.secret_key.bytes().enumerate().try_fold(text, |rest, (matched, byte)| {
            let cut = matched >= TELLING && is_cut(rest);
            if cut { Some(&[][..]) } else { after_encoded(rest, byte) }
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("api_client", &self.api_client)
            .field("secret_key", &format_args!("[secret]"))
            .finish()
    }
}

/// An environment variable, if it is set.
pub(crate) fn variable(name: &'static str) -> Result<Option<String>, InvalidInput> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(InvalidInput::new(name, "is not Unicode")),
    }
}

/// Whether a text ends before, or within, the next character.
fn is_cut(rest: &[u8]) -> bool {
    b"\\u00".starts_with(rest) || matches!(rest, [b'\\', b'u', b'0', b'0', _] | [b'%'] | [b'%', _])
}

/// What follows one byte of the secret, be it written `%2F`, `\u002f`, `\/` or as it is.
fn after_encoded(text: &[u8], byte: u8) -> Option<&[u8]> {
    let is_hex =
        |digits: &[u8]| std::str::from_utf8(digits).is_ok_and(|digits| u8::from_str_radix(digits, 16) == Ok(byte));
    match text {
        [b'%', high, low, rest @ ..] if is_hex(&[*high, *low]) => Some(rest),
        [b'\\', b'u', b'0', b'0', high, low, rest @ ..] if is_hex(&[*high, *low]) => Some(rest),
        [b'\\', escaped @ (b'"' | b'\\' | b'/'), rest @ ..] if *escaped == byte => Some(rest),
        [first, rest @ ..] if *first == byte => Some(rest),
        _ => None,
    }
}
