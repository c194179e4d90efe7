//! Telephone numbers: cleaned of what people type, sent as the gateway's documentation writes them (`066304925`), and
//! shown in groups (`06 630 49 25`).

/// The number as it is sent, or `None` if it is not one of Congo: nine digits, the first a zero. With `any_country`, a `+`
/// and 6 to 15 digits are accepted too.
pub(crate) fn clean(typed: &str, any_country: bool) -> Option<String> {
    let typed = typed.trim_start().strip_prefix("tel:").unwrap_or(typed);
    let separates =
        |c: &char| c.is_whitespace() || c.is_control() || ".-‐‑‒–—()/\u{ad}".contains(*c) || is_invisible(*c);
    let number: String = typed.chars().filter(|c| !separates(c)).collect();
    let plus = number.starts_with('+');
    let digits = number.strip_prefix('+').unwrap_or(&number);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let national = match digits.strip_prefix("00").unwrap_or(digits).strip_prefix("242") {
        Some(national) if plus || digits.starts_with("00") || digits.len() == 12 => national,
        _ => digits,
    };
    if national.len() == 9 && national.starts_with('0') {
        return Some(national.to_owned());
    }
    (any_country && (6..=15).contains(&digits.len())).then_some(number)
}

/// Zero-width characters and marks of direction, which are copied along unseen.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

pub(crate) fn grouped(number: &str) -> String {
    if number.len() != 9 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return number.to_owned();
    }
    [&number[..2], &number[2..5], &number[5..7], &number[7..]].join("\u{a0}")
}

#[cfg(test)]
mod tests {
    use super::{clean, grouped};

    #[test]
    fn what_people_type_becomes_the_documented_form() {
        let typed = [
            "066304925",
            " 06 630 49 25 ",
            "06\u{a0}630\u{202f}49\u{a0}25",
            "06.630.49.25",
            "06-630-49-25",
            "(06) 630 49 25",
            "tel:+242066304925",
            "+242 06 630 49 25",
            "00242 066304925",
            "242066304925",
            "\u{202a}06 630 49 25\u{202c}",
            "\u{200b}066304925\u{feff}",
        ];
        for typed in typed {
            assert_eq!(clean(typed, false).as_deref(), Some("066304925"), "{typed:?}");
        }
        assert_eq!(grouped("066304925"), "06\u{a0}630\u{a0}49\u{a0}25");
    }

    #[test]
    fn anything_else_is_refused() {
        for typed in
            ["", " ", "+", "66304925", "0663049250", "166304925", "06630492x", "+33612345678", "06 630 49 25 ou 05"]
        {
            assert_eq!(clean(typed, false), None, "{typed:?}");
        }
        assert_eq!(clean("+33 6 12 34 56 78", true).as_deref(), Some("+33612345678"));
        assert_eq!(clean("12345", true), None);
    }
}
