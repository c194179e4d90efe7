//! Parts of a list.

use std::collections::HashSet;

use crate::support::{Folder, numbered, paid, server};

/// `python3 -c 'import xxhash; print([xxhash.xxh3_64_intdigest(t.encode()) % 4 for t in (…)])'`
const PARTS: [&[&str]; 4] =
    [&["e"], &["j"], &["940d4e9aab5797e6055e1259b84a9875", "d", "f"], &["a", "b", "demo-token"]];

#[test]
fn the_part_of_a_token_never_changes() {
    let server = server(|_| paid());
    let lines: String = PARTS.concat().iter().map(|token| format!("order {token},{token}\n")).collect();
    for (part, expected) in PARTS.iter().enumerate() {
        let folder = Folder::new(format!("order,token\n{lines}"));
        folder.run(&server.origin, &["--tokens-differ", "--shard", &format!("{part}/4")]).says(0, "Done");
        let tokens: Vec<String> = folder.rows().into_iter().map(|[_, token, ..]| token).collect();
        assert_eq!(tokens, *expected, "part {part}");
    }
}

#[test]
fn each_token_is_in_exactly_one_part() {
    let server = server(|_| paid());
    for parts in [1, 2, 3, 7] {
        let mut tokens = HashSet::new();
        for part in 0..parts {
            let folder = Folder::new(numbered(600));
            folder.run(&server.origin, &["--threads", "4", "--shard", &format!("{part}/{parts}")]).says(0, "Done");
            let rows = folder.rows();
            assert!(rows.len() > 300 / parts, "{} in part {part} of {parts}", rows.len());
            for [_, token, ..] in rows {
                assert!(tokens.insert(token.clone()), "{token} is in two parts");
            }
        }
        assert_eq!(tokens.len(), 600, "{parts} parts");
    }
}
