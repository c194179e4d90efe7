//! `callback`

use serde_json::json;

use crate::program::{bare, run};

const CLAIM: &str = "message=Paiement+r%C3%A9ussi.&purchaseToken=940d4e9a&paymentSuccessful=true&status=SUCCESS";

/// With the line break, `SUCCESS\n` would not be a known status. PowerShell writes byte order marks and UTF-16.
#[test]
fn line_breaks_at_the_end_byte_order_marks_and_utf_16_are_read() {
    let claim = json!({
        "purchaseToken": "940d4e9a", "paymentSuccessful": true, "status": "SUCCESS", "message": "Paiement réussi.",
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    for end in ["", "\n", "\r\n"] {
        let marked = format!("\u{feff}{CLAIM}{end}");
        let little: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for body in [&marked.as_bytes()[3..], marked.as_bytes(), &little, &big] {
            std::fs::write(path, body).unwrap();
            for (path, input) in [(path, &b""[..]), ("-", body)] {
                let json = run(bare(), &["callback", "--json", path], input).json();
                assert_eq!(json, json!({ "claim": claim, "verified": false }));
            }
        }
    }
    let cut = run(bare(), &["callback", "--json"], b"\xff\xfea");
    assert_eq!((cut.code, &cut.json()["field"]), (2, &json!("callback")));
}

#[test]
fn a_long_body_is_bad_input() {
    let long = format!("{CLAIM}&padding={}", "x".repeat(64 * 1024));
    assert_eq!(run(bare(), &["callback", "--json"], long.as_bytes()).json()["field"], "callback");
    assert_eq!(run(bare(), &["callback"], &long.as_bytes()[..64 * 1024]).code, 0);
}

#[cfg(unix)]
#[test]
fn an_endless_file_is_not_read_to_its_end() {
    assert_eq!(run(bare(), &["callback", "--json", "/dev/zero"], b"").json()["field"], "callback");
}
