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
        let spelling = |percent: bool, json: bool| {
            let byte = |byte: u8| {
                let plain = regex::escape(&char::from(byte).to_string());
                // The digits are of either case; JSON's `u` is not.
                let percent = if percent { format!(r"|(?i-u:%{byte:02x})") } else { String::new() };
                let unicode = if json { format!(r"|\\u00(?i-u:{byte:02x})") } else { String::new() };
                let slashed = if json && br#""\/"#.contains(&byte) { format!(r"|\\{plain}") } else { String::new() };
                format!(r"(?:{plain}{percent}{unicode}{slashed})")
            };
            let bytes: Vec<String> = secret.bytes().map(byte).collect();
            let Some((telling, more)) = bytes.split_at_checked(TELLING) else { return bytes.concat() };
            let more = more.iter().rev().fold(String::new(), |rest, byte| format!("(?:{byte}{rest})?"));
            let escape = r"(?:\\(?:u(?:0(?:0[\x00-\x7f]?)?)?)?|%[\x00-\x7f]?)?";
            format!(r"{}|{}{more}{escape}\z", bytes.concat(), telling.concat())
        };
        // Each on its own: `%25` in a secret is an escape in one and plain in another.
        let spellings = [(false, false), (true, false), (false, true), (true, true)];
        let pattern = spellings.map(|(percent, json)| spelling(percent, json)).join("|");
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
