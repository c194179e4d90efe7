//! The secret key in a text that came from outside: as given, form-encoded or JSON-escaped, and also where the text is
//! cut within it.

use regex::{NoExpand, Regex};

/// So many bytes at the end of a text are taken for the secret's beginning.
const TELLING: usize = 8;

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
            // The digits are of either case; JSON's `u` is not.
            format!(r"(?:{plain}|(?i-u:%{byte:02x})|\\u00(?i-u:{byte:02x}){slashed})")
        };
        let bytes: Vec<String> = secret.bytes().map(byte).collect();
        let mut pattern = bytes.concat();
        if let Some((telling, more)) = bytes.split_at_checked(TELLING) {
            let more = more.iter().rev().fold(String::new(), |rest, byte| format!("(?:{byte}{rest})?"));
            let escape = r"(?:\\(?:u(?:0(?:0[\x00-\x7f]?)?)?)?|%[\x00-\x7f]?)?";
            pattern = format!(r"{pattern}|{}{more}{escape}\z", telling.concat());
        }
        Secret { plain: secret.to_owned(), pattern: Regex::new(&pattern).expect("a regular expression") }
    }

    /// Whether the text holds the secret.
    #[must_use]
    pub fn occurs_in(&self, text: &str) -> bool {
        // Most texts hold no part of it: hundreds of thousands of them are better searched as they are.
        let escaped = text.contains('%') || text.contains('\\');
        let begun = self.plain.get(..TELLING).is_some_and(|beginning| text.contains(beginning));
        text.contains(&self.plain) || ((escaped || begun) && self.pattern.is_match(text))
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
