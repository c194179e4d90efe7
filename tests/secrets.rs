//! The secret key is in the bodies of the two calls, and nowhere else.

mod merchant;

use std::cell::RefCell;
use std::fmt::Debug;

use ekolopay::canned::{Canned, NOT_PAID};
use ekolopay::transport::{Endpoint, Reply, Request, TransportError};
use ekolopay::{Credentials, Error, Gateway};
use ekolopay_test_kit::{SECRET_KEY, Server, all_texts, assert_hidden, response, secret, spellings};
use merchant::{errors, message, purchase, token, unexpected, with_secret};

fn gateway(canned: Canned) -> Gateway {
    with_secret(&secret(), canned)
}

fn at(origin: &str) -> Gateway {
    Gateway::builder(Credentials::new("demo", secret()).unwrap()).origin(origin).build().unwrap()
}

/// The excerpt that a check of a payment gives.
#[track_caller]
fn excerpt(gateway: &Gateway) -> String {
    unexpected(gateway.check_payment(&token()).unwrap_err()).2
}

fn shown(value: &impl Debug) -> String {
    format!("{value:?} {value:#?}")
}

#[test]
fn no_debug_shows_it() {
    let canned = Canned::new().reply(200, NOT_PAID).reply(200, secret());
    let gateway = gateway(canned.clone());
    gateway.check_payment(&token()).map(drop).unwrap();
    let builder = Gateway::builder(Credentials::new("demo", secret()).unwrap()).user_agent("shop/7");
    let requests = canned.requests();
    assert!(requests.iter().any(|request| request.body().len() > b"purchaseToken=".len()));
    assert_hidden(
        &[shown(&gateway), shown(&builder), shown(&canned), shown(&requests), shown(&Reply::new(200, secret()))]
            .concat(),
    );
}

#[test]
fn debug_shows_lengths_in_their_place() {
    assert_eq!(format!("{:?}", Reply::new(200, "abc")), "Reply { status: 200, body: 3 bytes }");
    let canned = Canned::new();
    let gateway = gateway(canned.clone());
    gateway.check_availability().unwrap();
    let request = format!("{:?}", canned.requests()[0]);
    assert!(request.starts_with("Request { endpoint: Availability, url: \"https://ekolopay.com/"), "{request}");
    assert!(request.ends_with(", body: 14 bytes }"), "{request}");
    assert!(format!("{gateway:?}").contains(", transport: Transport, proxy: None }"), "{gateway:?}");
}

#[test]
fn it_is_in_the_bodies_of_the_two_calls_alone() {
    let canned = Canned::new();
    let gateway = gateway(canned.clone());
    gateway.check_payment(&token()).unwrap_err();
    gateway.create_purchase_token(&purchase()).unwrap_err();
    for request in canned.requests() {
        let mut form = form_urlencoded::parse(request.body());
        let holds = form.any(|(key, value)| key == "secret_key" && *value == *secret());
        assert_eq!(holds, request.endpoint() != Endpoint::Availability);
        assert_hidden(request.url());
    }
}

#[test]
fn a_gateway_that_echoes_it_does_not_bring_it_into_an_error() {
    for spelling in spellings() {
        let text = format!("avant {spelling} après {spelling}");
        let message = serde_json::to_string(&text).unwrap();
        let bodies = [
            format!(r#"{{"response":{{"API_RESPONSE_CODE":0,"API_RESPONSE_DATA":{{"clearMessage":{message}}}}}}}"#),
            format!(r#"{{"reason":"UNAVAILABLE_SERVICE","message":{message}}}"#),
            format!("<html>{text}</html>"),
            format!("{}{spelling}", "x".repeat(195)),
        ];
        for body in bodies {
            let gateway = gateway(Canned::new().reply(500, body.as_str()).reply(500, body.as_str()));
            for error in errors(&gateway) {
                assert_hidden(&all_texts(&error));
                match error {
                    Error::UnexpectedReply { excerpt, .. } => {
                        assert!(excerpt.contains("[secret]") || excerpt.ends_with("x[secr"), "{excerpt}");
                    }
                    other => assert_eq!(merchant::message(other), "avant [secret] après [secret]"),
                }
            }
        }
    }
}

#[test]
fn an_echo_in_the_reply_to_the_check_is_hidden_too() {
    let body = format!(r#"{{"reason":"UNAVAILABLE_SERVICE","message":"clé {SECRET_KEY}"}}"#);
    let transport = move |_: &Request| Ok::<_, TransportError>(Reply::new(200, body.as_str()));
    let gateway = merchant::over(transport);
    let error = gateway.check_availability().unwrap_err();
    assert!(error.is_unavailable());
    assert_eq!(message(error), "clé [secret]");
}

#[test]
fn a_text_that_cannot_be_cleaned_is_emptied() {
    // Each of these occurs in the mark that replaces it, or is made by the replacement.
    for secret in ["e", "]", "[secret]", "secret", "t]", "][", "t]t]"] {
        let reply = Canned::new().reply(200, format!("a {secret}{secret}t]{secret} b"));
        let excerpt = excerpt(&with_secret(secret, reply));
        assert!(!excerpt.contains(secret), "{secret}: {excerpt}");
    }
    // Text without the secret is left alone.
    let text = "a [secret] e % \\u00 %4";
    assert_eq!(excerpt(&gateway(Canned::new().reply(200, text))), text);
}

/// Like a reply that is cut in the middle of an echo.
#[test]
fn an_echo_that_is_cut_is_hidden_too() {
    let percent: String = SECRET_KEY.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let unicode: String = SECRET_KEY.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    for (spelling, width) in [(SECRET_KEY, 1), (&percent, 3), (&unicode, 6)] {
        for end in 0..=spelling.len() {
            let body = format!("avant {}", &spelling[..end]);
            let gateway = merchant::over(Canned::new().reply(200, body.as_str()));
            // A few characters reveal nothing.
            let expected = if end < 8 * width { &body } else { "avant [secret]" };
            assert_eq!(excerpt(&gateway), expected);
        }
    }
}

/// `%25` is a percent sign if a text is percent-encoded, and three characters of this secret if it is not.
#[test]
fn an_escape_within_the_secret_is_not_an_escape_of_the_text() {
    for (secret, echo) in [
        ("ab%25/cdef", r"ab%25\/cdef"),
        (r#"ab%25"cdef"#, r#"ab%25\"cdef"#),
        ("ab%25/cdef", "ab%2525%2Fcdef"),
        ("ab%25/cdef", r"ab%2525\/cdef"),
        (r"ab\u002fcdef", r"ab\u002fcdef"),
        (r"ab\/cdef", r"ab\\/cdef"),
        (r"ab\/cdef", r"ab%5C/cdef"),
        ("%2525%25", "%2525%25"),
    ] {
        let canned = Canned::new().reply(500, format!("avant {echo} après"));
        assert_eq!(excerpt(&with_secret(secret, canned)), "avant [secret] après", "{secret}, {echo}");
    }
}

/// Escapes of characters that are not the secret's.
#[test]
fn a_text_that_only_looks_like_it_is_left_alone() {
    for (secret, text) in [
        ("ab", r"\u0063\u0064 %63%64 \u0061\u0064 %61%64"),
        ("\"\"", r"\/\/ \\\\"),
        ("//", r#"\"\" \\\\"#),
        (r"\\", r#"\"\/"#),
    ] {
        assert_eq!(excerpt(&with_secret(secret, Canned::new().reply(200, text))), text, "{secret}");
    }
}

#[test]
fn a_token_that_holds_it_never_reaches_an_address() {
    for token in [secret(), format!("t-{}", secret()), "t-".to_owned() + &spellings()[0]] {
        let token = serde_json::to_string(&token).unwrap();
        let body = format!(
            r#"{{"response":{{"API_RESPONSE_CODE":200,"API_RESPONSE_DATA":{{"API_DATA":{{"purchaseToken":{token}}}}}}}}}"#
        );
        let error = gateway(Canned::new().reply(200, body)).create_purchase_token(&purchase()).unwrap_err();
        assert_hidden(&all_texts(&error));
        assert_eq!(unexpected(error).1, "purchaseToken holds the secret key");
    }
}

thread_local! {
    /// What is logged, at any level, in the test's own thread, where ureq does all its work.
    static LOGGED: RefCell<String> = const { RefCell::new(String::new()) };
}

struct Capture;

impl log::Log for Capture {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {} {}\n", record.level(), record.target(), record.args());
        LOGGED.with_borrow_mut(|logged| logged.push_str(&line));
    }

    fn flush(&self) {}
}

#[test]
fn no_log_at_any_level_shows_it() {
    log::set_boxed_logger(Box::new(Capture)).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let server = Server::in_service(|_| response(200, NOT_PAID));
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for origin in [server.origin.clone(), format!("http://{closed}")] {
        let gateway = at(&origin);
        let _ = gateway.check_payment(&token());
        let _ = gateway.create_purchase_token(&purchase());
    }
    assert_eq!(server.calls().len(), 2);
    let logged = LOGGED.take();
    assert!(logged.contains("TRACE ureq"), "{logged}");
    assert!(!logged.contains(" ekolopay"), "the library itself logs nothing");
    assert_hidden(&logged);
}

#[test]
fn an_echo_in_garbage_is_hidden_too() {
    let secret = secret();
    for answer in [
        secret.clone(),
        format!("HTTP/1.1 {secret} OK\r\n\r\n"),
        format!("HTTP/{secret} 200 OK\r\n\r\n"),
        format!("HTTP/1.1 200 {secret}\r\n{secret}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nContent-Length: {secret}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{secret}\r\n"),
        format!("HTTP/1.1 200 OK\r\nX: {}", secret.repeat(10_000)),
        format!("HTTP/1.1 302 Found\r\nLocation: http://{secret}/\r\nContent-Length: 0\r\n\r\n"),
    ] {
        let server = Server::in_service(move |_| answer.clone().into_bytes());
        let error = at(&server.origin).check_payment(&token()).unwrap_err();
        assert!(error.may_have_acted(), "{error:?}");
        assert_hidden(&all_texts(&error));
        assert_eq!(server.calls().len(), 1);
    }
}
