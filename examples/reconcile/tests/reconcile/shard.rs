//! Parts of a job.

use std::collections::HashSet;

use ekolopay_sandbox::Sandbox;

use crate::server::{Server, paid};
use crate::support::{Folder, orders};

/// `python3 -c 'import xxhash; print([xxhash.xxh3_64_intdigest(t.encode()) % 4 for t in (…)])'`
const KNOWN: [(&str, usize); 8] = [
    ("940d4e9aab5797e6055e1259b84a9875", 2),
    ("a", 3),
    ("b", 3),
    ("j", 1),
    ("d", 2),
    ("e", 0),
    ("f", 2),
    ("demo-token", 3),
];

#[test]
fn the_part_of_a_token_is_the_same_everywhere_and_for_ever() {
    let server = Server::start(|_, _| paid());
    let lines: String = KNOWN.iter().map(|(token, _)| format!("order {token},{token}\n")).collect();
    for part in 0..4 {
        let folder = Folder::with(format!("order,token\n{lines}"));
        folder.run(&server.origin, &["--shard", &format!("{part}/4")]).says(0, "Done");
        let rows = folder.rows();
        let tokens: Vec<&str> = rows.iter().map(|row| row[1].as_str()).collect();
        let expected: Vec<&str> = KNOWN.iter().filter(|(_, own)| *own == part).map(|(token, _)| *token).collect();
        assert_eq!(tokens, expected, "part {part}");
    }
}

#[test]
fn the_parts_are_disjoint_and_complete() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let folder = Folder::with(orders(&sandbox, 600));
    for parts in [1, 2, 3, 7] {
        let mut tokens = HashSet::new();
        for part in 0..parts {
            let _ = std::fs::remove_file(folder.path("out.csv"));
            folder.run(&sandbox.origin(), &["--threads", "4", "--shard", &format!("{part}/{parts}")]).says(0, "Done");
            let rows = folder.rows();
            assert!(rows.len() > 300 / parts, "{} in part {part} of {parts}", rows.len());
            for row in rows {
                assert!(tokens.insert(row[1].clone()), "{row:?} is in two parts");
            }
        }
        assert_eq!(tokens.len(), 600, "{parts} parts");
    }
}
