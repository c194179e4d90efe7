//! The corpus of `tests/fuzz`, without the fuzzer: every file goes through the same checks.

use std::fs;
use std::path::Path;

use ekolopay_oracle::fuzzed::{TARGETS, run};

#[test]
fn the_kept_corpus_holds_no_surprise() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for target in TARGETS {
        let files: Vec<_> = fs::read_dir(corpus.join(target)).expect("a corpus for every target").collect();
        assert!(files.len() >= 10, "{target}: {} files", files.len());
        for file in files {
            let path = file.expect("a file").path();
            println!("{}", path.display());
            run(target, &fs::read(path).expect("a readable file"));
        }
    }
}
