//! A secret key to search for wherever it must not be.

/// A secret that every encoding writes differently.
pub fn secret() -> String {
    r#"S/3"c\r%t~e+&*!"#.to_owned()
}

/// The secret as a page, a log or a script might write it.
pub fn spellings() -> Vec<String> {
    let secret = secret();
    let json = serde_json::to_string(&secret).expect("a string is JSON").trim_matches('"').to_owned();
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let unicode: String = secret.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    // What JavaScript's encodeURIComponent does not encode, and forms do.
    let component = percent.replace("%7E", "~").replace("%2A", "*").replace("%21", "!");
    vec![
        form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        json.replace('/', "\\/"),
        json,
        percent.to_lowercase(),
        percent,
        component,
        unicode.to_uppercase().replace("\\U", "\\u"),
        unicode,
        secret,
    ]
}

/// Fails if the text contains the secret in any spelling.
#[track_caller]
pub fn assert_hidden(text: &str) {
    for spelling in spellings() {
        assert!(!text.contains(&spelling), "{spelling:?} stands in {text}");
    }
}
