//! Signs of a damaged list: what spreadsheets leave of a text, and a token that is unlike all others.

use std::collections::BTreeMap;

/// What a spreadsheet made of the text, and what would help.
pub(crate) fn spreadsheet_damage(text: &str) -> Option<&'static str> {
    let is_number = text.contains("E+") && text.replace(',', ".").parse::<f64>().is_ok();
    let is_error = text.starts_with('#') && (text.ends_with(['!', '?']) || text == "#N/A");
    let is_too_narrow = text.len() > 1 && text.bytes().all(|byte| byte == b'#');
    let signs = [
        (is_number, "is a number that a spreadsheet rounded: import the column as text, from the original list"),
        (is_error, "is an error of a spreadsheet: correct the formula, and save the list again"),
        (is_too_narrow, "is what a spreadsheet shows in a narrow column: widen it, and save the list again"),
    ];
    signs.into_iter().find_map(|(is_found, what)| is_found.then_some(what))
}

/// How many tokens have a property, and the line of the last one.
type Group = (u64, u32);

#[derive(Default)]
pub(crate) struct TokenShapes {
    lengths: BTreeMap<usize, Group>,
    /// The tokens with other characters than hexadecimal digits in lower case, as the gateway's have.
    others: Group,
    count: u64,
    /// The length of the last token, if its line has no end.
    cut: Option<usize>,
}

impl TokenShapes {
    pub(crate) fn add(&mut self, token: &str, line: u32, ends: bool) {
        self.count += 1;
        self.cut = if ends { None } else { Some(token.len()) };
        let (count, last) = self.lengths.entry(token.len()).or_default();
        (*count, *last) = (*count + 1, line);
        if !token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            self.others = (self.others.0 + 1, line);
        }
    }

    /// The lines of the tokens that are unlike all others, and why. Two tokens that differ prove nothing.
    pub(crate) fn outliers(&self) -> Vec<(u32, String)> {
        const HELP: &str = "was it cut or changed? Correct it, or accept it with --tokens-differ";
        let (alone, common): (Vec<_>, Vec<_>) = self.lengths.iter().partition(|(_, (count, _))| *count == 1);
        let length = |length: usize, line: u32, usual: usize| {
            (line, format!("its token has {length} characters, the others have {usual}: {HELP}"))
        };
        match (&common[..], &alone[..]) {
            ([(usual, (count, _))], [_, ..]) if *count > alone.len() as u64 => {
                alone.iter().map(|(alone, (_, line))| length(**alone, *line, **usual)).collect()
            }
            ([], [(alone, (_, line)), (usual, _)]) if self.cut == Some(**alone) => {
                vec![length(**alone, *line, **usual)]
            }
            _ if self.count > 2 && self.others.0 == 1 => {
                vec![(self.others.1, format!("all tokens but this one have only 0-9 and a-f: {HELP}"))]
            }
            _ => Vec::new(),
        }
    }
}
