//! The requests that every recipe answers.

#[test]
fn journey() {
    ekolopay_journey::run("rocket", env!("CARGO_BIN_EXE_ekolopay-with-rocket"));
}
