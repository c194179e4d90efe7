//! Telephone numbers: those of Congo as the library reads them, shown in groups (`06 630 49 25`).

use ekolopay::purchase::PhoneNumber;

/// The number as it is sent, or `None` if it is not one of Congo: nine digits, the first a zero. With `any_country`, a `+`
/// and 6 to 15 digits are accepted too.
pub(crate) fn clean(typed: &str, any_country: bool) -> Option<String> {
    if let Ok(number) = PhoneNumber::try_from(typed) {
        return Some(number.into());
    }
    let typed = typed.trim_start().strip_prefix("tel:").unwrap_or(typed);
    let number: String = typed.chars().filter(|c| c.is_alphanumeric() || *c == '+').collect();
    let digits = number.strip_prefix('+').unwrap_or(&number);
    let is_number = (6..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    (any_country && is_number).then_some(number)
}

/// With no-break spaces.
pub(crate) fn grouped(number: &str) -> String {
    PhoneNumber::try_from(number).map_or(number.to_owned(), |number| number.grouped().replace(' ', "\u{a0}"))
}

#[cfg(test)]
mod tests {
    use super::{clean, grouped};

    #[test]
    fn what_people_type_becomes_the_documented_form() {
        for any_country in [false, true] {
            assert_eq!(clean("tel:+242 06.630.49.25", any_country).as_deref(), Some("066304925"));
        }
        assert_eq!(grouped("066304925"), "06\u{a0}630\u{a0}49\u{a0}25");
        assert_eq!(grouped("+33612345678"), "+33612345678");
    }

    #[test]
    fn anything_else_is_refused() {
        for typed in
            ["", " ", "+", "66304925", "0663049250", "166304925", "06630492x", "+33612345678", "06 630 49 25 ou 05"]
        {
            assert_eq!(clean(typed, false), None, "{typed:?}");
        }
        assert_eq!(clean("+33\u{a0}6 12-34-56 78", true).as_deref(), Some("+33612345678"));
        assert_eq!(clean("12345", true), None);
        assert_eq!(clean("+33 6 12 34 56 7x", true), None);
    }
}
