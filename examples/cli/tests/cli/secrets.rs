//! The secret in the wrong place, and calls that need none. `run` asserts that no run shows it; see also `sessions.md`.

use ekolopay_test_kit::run::run;
use ekolopay_test_kit::{RawRequest, Server, response};

use crate::program::{at, bare, run_at};

/// Not the key in the environment, so the program cannot recognize it.
const KEY: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

#[test]
fn a_key_in_the_wrong_place_is_not_repeated() {
    let lines = [
        "--secret-key KEY availability",
        "check --secret-key KEY",
        "check a --secret-key=KEY",
        "check -kKEY",
        "check --KEY",
        "check --json=KEY a",
        "check a --wait KEY",
        "check a --timeout KEY",
        "check a --origin KEY",
        "availability KEY",
        "callback a KEY",
        "completions KEY",
        "KEY",
        "purchase --label a --phone b --amount KEY",
    ];
    for (number, line) in lines.iter().enumerate() {
        let line = line.replace("KEY", KEY);
        let run = run_at("", &line.split(' ').collect::<Vec<_>>());
        run.says(2, "error: ");
        assert!(!run.err.contains(KEY) && !run.out.contains(KEY), "{run:?}");
        let tip = "the secret key is only read from the variable EKOLOPAY_SECRET_KEY";
        assert_eq!(run.err.contains(tip), number < 3, "{run:?}");
    }
}

#[test]
fn availability_needs_no_credentials_and_sends_no_secret() {
    let server = Server::start(|_| response(200, "{}"));
    let api_clients = ["EKOLOPAY_API_CLIENT", "EKOLOPAY_SECRET_KEY"].map(|name| {
        run(at(&server.origin).env_remove(name).arg("availability"), "").says(0, "");
        server.requests().pop().unwrap().head.contains("api_client=demo ")
    });
    assert_eq!(api_clients, [false, true]);
    run(bare().args(["availability", "--origin", &server.origin]), "").says(0, "");
    assert!(server.requests().iter().all(RawRequest::is_check));
}
