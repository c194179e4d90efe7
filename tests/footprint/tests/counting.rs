//! Crates are counted from what `cargo tree` says, each version once.

use ekolopay_footprint::{distinct, tls};

/// With the program itself, a crate named twice, one in two versions, a macro, and one that lies in a folder.
const TREE: &str = "\
program v0.0.0 (/shop)
ekolopay v0.1.0 (/sdk)
thiserror v2.0.21
thiserror-impl v2.0.21 (proc-macro)
thiserror v2.0.21
thiserror v1.0.69 (*)
ring v0.17.14

native-tls v0.2.14
";

#[test]
fn a_version_counts_once_and_the_program_not_at_all() {
    let crates = distinct(TREE);
    let names: Vec<String> = crates.iter().map(|part| format!("{} {}", part.name, part.version)).collect();
    let expected = [
        "ekolopay 0.1.0",
        "native-tls 0.2.14",
        "ring 0.17.14",
        "thiserror 1.0.69",
        "thiserror 2.0.21",
        "thiserror-impl 2.0.21",
    ];
    assert_eq!(names, expected);
}

#[test]
fn who_encrypts_is_seen_from_the_crates() {
    assert_eq!(tls(&distinct(TREE)), "ring, native");
    assert_eq!(tls(&distinct("program v0.0.0\naws-lc-sys v0.35.0")), "aws-lc");
    assert_eq!(tls(&distinct("program v0.0.0\nringbuffer v1.0.0")), "");
}
