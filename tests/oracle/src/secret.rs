//! The secret key in a text from outside: as given, form-encoded or JSON-escaped, and cut at the text's end.

use regex::{NoExpand, Regex};

/// At the end of a text, this many bytes of the secret are taken for its beginning.
const TELLING: usize = 8;

/// Finds one secret.
pub struct SecretPattern {
    plain: String,
    pattern: Regex,
}

impl SecretPattern {
    pub fn new(secret: &str) -> SecretPattern {
        // Each on its own: `%25` in a secret is an escape in one spelling and plain in another.
        let spellings = [(false, false), (true, false), (false, true), (true, true)];
        let pattern = spellings.map(|(percent, json)| spelling(secret, percent, json)).join("|");
        SecretPattern { plain: secret.to_owned(), pattern: Regex::new(&pattern).expect("a regular expression") }
    }

    pub fn occurs_in(&self, text: &str) -> bool {
        // The regular expression is slow, and most texts need none: they hold no part of the secret.
        let escaped = text.contains('%') || text.contains('\\');
        let begun = self.plain.get(..TELLING).is_some_and(|beginning| text.contains(beginning));
        text.contains(&self.plain) || ((escaped || begun) && self.pattern.is_match(text))
    }

    /// The text with `[secret]` in place of the secret; empty if the secret would still occur.
    pub fn redacted(&self, text: &str) -> String {
        if !self.occurs_in(text) {
            return text.to_owned();
        }
        let redacted = self.pattern.replace_all(text, NoExpand("[secret]"));
        if self.occurs_in(&redacted) { String::new() } else { redacted.into_owned() }
    }
}

/// The secret with these escapes allowed, whole or cut.
fn spelling(secret: &str, percent: bool, json: bool) -> String {
    let byte = |byte: u8| {
        let plain = regex::escape(&char::from(byte).to_string());
        // The digits may be in either case; JSON's `u` may not.
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
}
