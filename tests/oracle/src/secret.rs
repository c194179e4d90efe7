//! The secret key in a text that came from outside: as given, form-encoded or JSON-escaped.

use regex::{NoExpand, Regex};

/// What finds a secret.
#[derive(Debug)]
pub struct Secret {
    plain: String,
    pattern: Regex,
}

impl Secret {
    /// Finds this secret.
    ///
    /// # Panics
    ///
    /// Never: any secret makes a regular expression.
    #[must_use]
    pub fn new(secret: &str) -> Secret {
        let byte = |byte: u8| {
            let plain = regex::escape(&char::from(byte).to_string());
            let slashed = if br#""\/"#.contains(&byte) { format!(r"|\\{plain}") } else { String::new() };
            format!(r"(?:{plain}|(?i-u:%{byte:02x}|\\u00{byte:02x}){slashed})")
        };
        let pattern = secret.bytes().map(byte).collect::<String>();
        Secret { plain: secret.to_owned(), pattern: Regex::new(&pattern).expect("a regular expression") }
    }

    /// Whether the text holds the secret.
    #[must_use]
    pub fn occurs_in(&self, text: &str) -> bool {
        // Most texts have no escapes: hundreds of thousands of them are better searched as they are.
        let escaped = text.contains('%') || text.contains('\\');
        text.contains(&self.plain) || (escaped && self.pattern.is_match(text))
    }

    /// The text with `[secret]` where the secret stood; nothing, should it occur still.
    #[must_use]
    pub fn redacted(&self, text: &str) -> String {
        if !self.occurs_in(text) {
            return text.to_owned();
        }
        let redacted = self.pattern.replace_all(text, NoExpand("[secret]"));
        if self.occurs_in(&redacted) { String::new() } else { redacted.into_owned() }
    }
}
