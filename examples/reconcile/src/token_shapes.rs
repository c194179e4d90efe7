//! Signs of a damaged list: what spreadsheets leave of a text, and a token that is unlike all others.

use std::collections::BTreeMap;

/// What a spreadsheet made of the text, and what would help.
pub(crate) fn spreadsheet_damage(text: &str) -> Option<&'static str> {
    let is_error = text.starts_with('#') && (text.ends_with(['!', '?']) || text == "#N/A");
    let is_too_narrow = text.len() > 1 && text.bytes().all(|byte| byte == b'#');
    let is_number = text.split_once("E+").is_some_and(|(number, exponent)| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        number.split(['.', ',']).all(digits) && digits(exponent)
    });
    if is_number {
        Some("is a number that a spreadsheet rounded: import the column as text, from the original list")
    } else if is_error {
        Some("is an error of a spreadsheet: correct the formula, and save the list again")
    } else if is_too_narrow {
        Some("is what a spreadsheet shows in a narrow column: widen it, and save the list again")
    } else {
        None
    }
}

/// How many tokens have a property, and the line of the last one.
type Group = (u64, u32);

#[derive(Default)]
pub(crate) struct TokenShapes {
    lengths: BTreeMap<usize, Group>,
    /// The tokens that are not made of these characters only.
    others: [Group; ALPHABETS.len()],
    count: u64,
    /// The length of the last token, if its line has no end.
    cut: Option<usize>,
}

const ALPHABETS: [&str; 3] = ["0123456789", "0123456789abcdef", "0123456789ABCDEF"];

impl TokenShapes {
    pub(crate) fn add(&mut self, token: &str, line: u32, ends: bool) {
        self.count += 1;
        self.cut = if ends { None } else { Some(token.len()) };
        let (count, last) = self.lengths.entry(token.len()).or_default();
        (*count, *last) = (*count + 1, line);
        for ((count, last), alphabet) in self.others.iter_mut().zip(ALPHABETS) {
            if !token.chars().all(|character| alphabet.contains(character)) {
                (*count, *last) = (*count + 1, line);
            }
        }
    }

    /// The lines of the tokens that are unlike all others, and why. Two tokens that differ prove nothing.
    pub(crate) fn outliers(&self) -> Vec<(u32, String)> {
        const HELP: &str = "was it cut or changed? Correct it, or accept it with --tokens-differ";
        let mut found = Vec::new();
        let (alone, common): (Vec<_>, Vec<_>) = self.lengths.iter().partition(|(_, (count, _))| *count == 1);
        match (&common[..], &alone[..]) {
            ([(usual, (count, _))], alone) if *count > alone.len() as u64 => {
                found.extend(alone.iter().map(|(length, (_, line))| {
                    (*line, format!("its token has {length} characters, all others have {usual}: {HELP}"))
                }));
            }
            ([], [(length, (_, line)), (usual, _)]) if self.cut == Some(**length) => {
                found.push((
                    *line,
                    format!(
                        "its token has {length} characters, the other has {usual}, and the line has no end: {HELP}"
                    ),
                ));
            }
            _ => {}
        }
        if found.is_empty() && self.count > 2 {
            let odd = self.others.iter().zip(ALPHABETS).find(|((count, _), _)| *count == 1);
            found.extend(
                odd.map(|((_, line), alphabet)| {
                    (*line, format!("all tokens but this one have only {alphabet}: {HELP}"))
                }),
            );
        }
        found
    }
}
