//! Code in the README that is not compiled there is part of an example that is.

#[test]
fn what_the_readme_shows_of_an_example_stands_in_it() {
    const README: &str = include_str!("../README.md");
    const EXAMPLE: &str = include_str!("../examples/merchant_tests.rs");
    let blocks: Vec<&str> =
        README.split("```rust,ignore\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!blocks.is_empty());
    // A test's lines stand further to the right in their module.
    let flat = |text: &str| text.lines().map(str::trim_start).collect::<Vec<_>>().join("\n");
    for block in blocks {
        assert!(flat(EXAMPLE).contains(&flat(block)), "not in the example:\n{block}");
    }
}

/// The published page has no other files beside it.
#[test]
fn every_link_is_one_that_a_reader_of_the_published_page_can_follow() {
    const README: &str = include_str!("../README.md");
    let named = README.lines().filter_map(|line| Some(line.strip_prefix('[')?.split_once("]: ")?.1));
    for link in README.split("](").skip(1).chain(named) {
        assert!(
            link.starts_with("https://docs.rs/") || link.starts_with('#'),
            "{}",
            link.lines().next().unwrap_or_default()
        );
    }
}
