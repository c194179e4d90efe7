//! The corpus that fuzzing left, without the fuzzer: every file goes through the same checks as under it.

use std::fs;
use std::path::Path;

use ekolopay_oracle::fuzzed::TARGETS;

#[test]
fn the_kept_corpus_holds_no_surprise() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for (name, target) in TARGETS {
        let mut files = 0;
        for file in fs::read_dir(corpus.join(name)).expect("a corpus for every target") {
            let path = file.expect("a file").path();
            println!("{}", path.display());
            target(&fs::read(path).expect("a readable file"));
            files += 1;
        }
        assert!(files >= 10, "{name}: {files} files");
    }
}
