//! Parts of a list.

use crate::support::{Folder, paid, server};

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
