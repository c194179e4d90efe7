//! `application/x-www-form-urlencoded`, as browsers and PHP read it.

/// The pairs of a form, in order. A byte that is not UTF-8 becomes U+FFFD.
pub fn pairs(form: &[u8]) -> Vec<(String, String)> {
    form.split(|byte| *byte == b'&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| {
            let mut halves = piece.splitn(2, |byte| *byte == b'=');
            let mut half = || text(halves.next().unwrap_or_default());
            (half(), half())
        })
        .collect()
}

fn text(encoded: &[u8]) -> String {
    let spaced: Vec<u8> = encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    String::from_utf8_lossy(&urlencoding::decode_binary(&spaced)).into_owned()
}
