//! The log: one line per request, without the secret key.

use std::time::Duration;

use percent_encoding::percent_decode_str;

const LONGEST_PATH: usize = 200;

pub(crate) fn line(secret: &str, method: &str, path: &str, status: u16, elapsed: Duration) -> String {
    let method = printable(&hide(secret, method));
    let path = printable(&hide(secret, path));
    format!("{method} {path} {status} {} ms", elapsed.as_millis())
}

/// Replaces the secret, even when it is percent-encoded several times. A text without the secret is returned unchanged.
fn hide(secret: &str, text: &str) -> String {
    let mut plain = text.to_owned();
    let mut hidden = false;
    loop {
        if plain.contains(secret) {
            plain = plain.replace(secret, "***");
            hidden = true;
        }
        let decoded = percent_decode_str(&plain).decode_utf8_lossy().into_owned();
        if decoded == plain {
            return if hidden { plain } else { text.to_owned() };
        }
        plain = decoded;
    }
}

fn printable(text: &str) -> String {
    let mut line = String::new();
    for character in text.chars().take(LONGEST_PATH) {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}
