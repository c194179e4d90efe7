//! What is printed, and when a limit is exceeded.

use ekolopay_footprint::{Figures, exceeded, table};

fn figures(name: &str, kind: &'static str, crates: usize, bytes: u64, build: f64) -> Figures {
    Figures { name: name.to_owned(), kind, tls: "ring".to_owned(), crates, bytes, build }
}

fn by_hand() -> Figures {
    figures("ureq 3.5.2", "by hand", 36, 2_600_000, 1.0)
}

#[test]
fn the_table_has_ratios_and_no_times() {
    let figures = [figures("ekolopay 0.1.0", "SDK", 39, 2_659_500, 1.049), by_hand()];
    let expected = "\
| program        | kind    | TLS  | crates | ratio | build, ratio | binary, KB | ratio |
|----------------|---------|------|--------|-------|--------------|------------|-------|
| ekolopay 0.1.0 | SDK     | ring |     39 |  1.08 |         1.05 |       2660 |  1.02 |
| ureq 3.5.2     | by hand | ring |     36 |  1.00 |         1.00 |       2600 |  1.00 |";
    assert_eq!(table(&figures, &figures[1]), expected);
}

#[test]
fn at_the_limits_nothing_is_exceeded() {
    assert_eq!(exceeded(&figures("", "", 39, 2_660_000, 1.2), &by_hand(), 3), [""; 0]);
    assert_eq!(exceeded(&figures("", "", 1, 1, 0.1), &by_hand(), 3), [""; 0]);
}

#[test]
fn past_them_each_is_named() {
    let own = figures("", "", 40, 2_660_001, 1.21);
    let counted =
        ["40 crates, 36 by hand: the limit is 3 more", "2660001 bytes, 2600000 by hand: the limit is 60000 more"];
    let timed = "1.21 times the build by hand: the limit is 1.2";
    assert_eq!(exceeded(&own, &by_hand(), 3), [&counted[..], &[timed]].concat());
    assert_eq!(exceeded(&own, &by_hand(), 2), counted, "two rounds are too few to judge times");
}
