//! The README is also the page of the published crate, which has no other files beside it.

#[test]
fn every_link_is_one_that_a_reader_of_the_published_page_can_follow() {
    const README: &str = include_str!("../README.md");
    for link in README.split("](").skip(1) {
        let known = ["https://docs.rs/", "https://ekolopay.com/documentation/", "#"];
        assert!(known.iter().any(|start| link.starts_with(start)), "{}", link.lines().next().unwrap_or_default());
    }
}
