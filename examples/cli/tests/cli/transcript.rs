//! Sessions in Markdown: that of the README, and those in `sessions.md`. Each runs with a gateway of its own.

use ekolopay_sandbox::Sandbox;
use ekolopay_test_kit::run::{assert_goes_as_written, run, shell, silence};
use ekolopay_test_kit::{RawRequest, SECRET_KEY, Server, response};

use crate::program::{NOBODY, PROGRAM};

/// Stands for the token of the session.
const TOKEN: &str = "cf72b35c0334e3487ae91ab1792d8929";

/// Escape, a C1 control, a right-to-left override, and a line break before a forged message.
const HOSTILE: &str = "\u{1b}[31m\u{9b}2J\u{202e}\nerror: forged";

/// What no gateway should answer, by the token.
fn odd_answer(request: &RawRequest) -> Vec<u8> {
    let envelope = |code: u16, data: String| {
        let data = format!(r#"{{"API_RESPONSE_CODE":{code},"API_RESPONSE_DATA":{data}}}"#);
        response(200, &format!(r#"{{"response":{data}}}"#))
    };
    let refusal = |message: &str| envelope(0, format!(r#"{{"clearMessage":{}}}"#, serde_json::Value::from(message)));
    let form = request.body.strip_prefix("purchaseToken=").and_then(|form| form.split('&').next());
    match form {
        Some("page") => response(500, "<html>Erreur"),
        Some("hostile") => refusal(HOSTILE),
        Some("hostile-page") => response(200, HOSTILE),
        Some("hostile-http") => format!("HTTP/1.1 {HOSTILE}\r\n\r\n").into_bytes(),
        Some("echo") => refusal(&format!("clé {SECRET_KEY}")),
        Some("echo-page") => response(200, &format!("<html>{SECRET_KEY}")),
        None if request.body.contains("echo") => {
            envelope(200, format!(r#"{{"API_DATA":{{"purchaseToken":"{SECRET_KEY}"}}}}"#))
        }
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
