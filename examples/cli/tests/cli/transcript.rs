//! Sessions in Markdown: that of the README, and those in `sessions.md`. Each runs with a gateway of its own.

use ekolopay_sandbox::Sandbox;
use ekolopay_test_kit::replies::{TOKEN as TOKEN_REPLY, refusal};
use ekolopay_test_kit::run::{NOBODY, assert_goes_as_written, run, shell, silence};
use ekolopay_test_kit::{RawRequest, SECRET_KEY, Server, response};

use crate::program::PROGRAM;

/// Stands for the token of the session.
const TOKEN: &str = "cf72b35c0334e3487ae91ab1792d8929";

/// Escape, a C1 control, a right-to-left override, and a line break before a forged message.
const HOSTILE: &str = "\u{1b}[31m\u{9b}2J\u{202e}\nerror: forged";

/// What no gateway should answer, by the token.
fn odd_answer(request: &RawRequest) -> Vec<u8> {
    match request.token() {
        "page" => response(500, "<html>Erreur"),
        "hostile" => refusal(HOSTILE),
        "hostile-page" => response(200, HOSTILE),
        "hostile-http" => format!("HTTP/1.1 {HOSTILE}\r\n\r\n").into_bytes(),
        "echo" => refusal(&format!("clé {SECRET_KEY}")),
        "echo-page" => response(200, &format!("<html>{SECRET_KEY}")),
        "" if request.body.contains("echo") => response(200, &TOKEN_REPLY.replace("string", SECRET_KEY)),
        _ => silence(),
    }
}

fn assert_session(session: &str) {
    let (kind, _) = session.split_once('\n').unwrap();
    let sandbox = Sandbox::start().unwrap();
    sandbox.set_in_service(kind != "console out-of-service");
    let origin = match kind {
        "console nobody" => NOBODY.to_owned(),
        "console odd" => Server::in_service(odd_answer).origin,
        _ => sandbox.origin(),
    };
    let mut own_token = TOKEN.to_owned();
    assert_goes_as_written(session, |line| {
        let script = format!("exec 2>&1; {}", line.replace(TOKEN, &own_token));
        let out = run(&mut shell(PROGRAM, &origin, &script), "").out;
        if let Some(payment) = sandbox.payments().pop() {
            own_token = payment.token;
        }
        out.replace(&own_token, TOKEN).replace(&origin, "http://127.0.0.1:8099")
    });
}

#[test]
fn all_sessions_go_as_written() {
    for session in include_str!("../../README.md").split("```").filter(|block| block.contains("$ ekolopay purchase")) {
        assert_session(session);
    }
    for session in include_str!("sessions.md").split("```").skip(1).step_by(2) {
        assert_session(session);
    }
}
