//! What a program is made of, from the words of `cargo tree`.

use std::collections::BTreeSet;

/// A crate in one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crate {
    /// Its name.
    pub name: String,
    /// Its version, as in `1.0.0`.
    pub version: String,
}

/// The crates below the first one, which is the program itself: each version once, however often it is named.
pub fn distinct(tree: &str) -> BTreeSet<Crate> {
    let parse = |line: &str| {
        let mut words = line.split_whitespace();
        let (name, version) = (words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned());
        Some(Crate { name, version })
    };
    tree.lines().skip(1).filter_map(parse).collect()
}

/// Who encrypts, seen from the crates themselves: rustls with its cryptography, or the system's library.
pub fn tls(crates: &BTreeSet<Crate>) -> String {
    let known = [("ring", "ring"), ("aws-lc-sys", "aws-lc"), ("native-tls", "native")];
    let found = known.into_iter().filter(|(name, _)| crates.iter().any(|found| found.name == *name));
    found.map(|(_, tls)| tls).collect::<Vec<_>>().join(", ")
}
