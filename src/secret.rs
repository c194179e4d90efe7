//! The secret key: hidden from `Debug`, and removed from texts.

use std::fmt;

/// From this many bytes on, the beginning of a secret is hidden too if a text ends with it.
const TELLING: usize = 8;

#[derive(Clone)]
pub(crate) struct Secret(String);

/// The escapes that a spelling may use: none, those of a form, those of JSON, both. Each spelling is tried on its own,
/// because `%25` in a secret is an escape in one and three plain characters in another.
const SPELLINGS: [Escapes; 4] =
    [Escapes(false, false), Escapes(true, false), Escapes(false, true), Escapes(true, true)];

/// Whether a form's are used, and JSON's.
#[derive(Clone, Copy)]
struct Escapes(bool, bool);

impl Secret {
    /// Visible ASCII, not empty.
    pub(crate) fn new(text: String) -> Secret {
        Secret(text)
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether a text contains the secret, in any spelling that [`redact`](Secret::redact) knows.
    pub(crate) fn occurs_in(&self, text: &str) -> bool {
        self.find(text).is_some()
    }

    /// Replaces the secret with `[secret]`: as given, percent-encoded or JSON-escaped, or cut at the end.
    pub(crate) fn redact(&self, text: &str) -> String {
        let mut redacted = String::new();
        let mut rest = text;
        while let Some((start, end)) = self.find(rest) {
            redacted.push_str(&rest[..start]);
            redacted.push_str("[secret]");
            rest = &rest[end..];
        }
        redacted.push_str(rest);
        // A secret such as "e" or "]" is also found in the mark itself, or across its edge.
        if self.occurs_in(&redacted) { String::new() } else { redacted }
    }

    fn find(&self, text: &str) -> Option<(usize, usize)> {
        (0..text.len()).find_map(|start| {
            let text = &text.as_bytes()[start..];
            // Most positions end at once: a search costs |secret| × |text|.
            if !matches!(text.first(), Some(b'%' | b'\\')) && text.first() != self.0.as_bytes().first() {
                return None;
            }
            let rest = SPELLINGS.into_iter().find_map(|escapes| self.after_secret(text, escapes))?;
            Some((start, start + text.len() - rest.len()))
        })
    }

    /// The text that follows the secret; empty if the text ends within the secret.
    fn after_secret<'a>(&self, text: &'a [u8], escapes: Escapes) -> Option<&'a [u8]> {
        self.0.bytes().enumerate().try_fold(text, |rest, (matched, byte)| {
            let cut = matched >= TELLING && is_cut(rest);
            if cut { Some(&[][..]) } else { escapes.after(rest, byte) }
        })
    }
}

impl Escapes {
    /// What follows one byte of the secret, written `%2F`, `\u002f`, `\/` or as it is.
    fn after(self, text: &[u8], byte: u8) -> Option<&[u8]> {
        let is_hex =
            |digits: &[u8]| std::str::from_utf8(digits).is_ok_and(|digits| u8::from_str_radix(digits, 16) == Ok(byte));
        let Escapes(percent, json) = self;
        match text {
            [b'%', high, low, rest @ ..] if percent && is_hex(&[*high, *low]) => Some(rest),
            [b'\\', b'u', b'0', b'0', high, low, rest @ ..] if json && is_hex(&[*high, *low]) => Some(rest),
            [b'\\', escaped @ (b'"' | b'\\' | b'/'), rest @ ..] if json && *escaped == byte => Some(rest),
            [first, rest @ ..] if *first == byte => Some(rest),
            _ => None,
        }
    }
}

/// Whether a text ends before, or within, the next character.
fn is_cut(rest: &[u8]) -> bool {
    b"\\u00".starts_with(rest) || matches!(rest, [b'\\', b'u', b'0', b'0', _] | [b'%'] | [b'%', _])
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
