//! The requests that every recipe answers.

#[test]
fn journey() {
    ekolopay_journey::run("actix-web", env!("CARGO_BIN_EXE_ekolopay-with-actix-web"));
}
