//! The exact texts of errors, what they answer about themselves, and their size.

mod merchant;

use std::error::Error as _;
use std::time::Duration;

use ekolopay::canned::{Canned, REFUSED, UNAVAILABLE};
use ekolopay::transport::{Request, TransportError};
use ekolopay::{Credentials, Error, Gateway, GatewayBuilder};
use merchant::{credentials, message, over, token, unexpected};

#[track_caller]
fn check(canned_transport: Canned, text: &str, may_have_acted: bool) -> Error {
    let error = over(canned_transport).check_payment(&token()).unwrap_err();
    assert_eq!(error.to_string(), text);
    assert_eq!(error.may_have_acted(), may_have_acted);
    if let Some(source) = error.source() {
        assert!(!text.contains(&source.to_string()), "Display repeats its source");
    }
    error
}

#[test]
fn each_error_has_its_text_and_says_whether_something_may_have_been_done() {
    let text = r#"the gateway is unavailable: "Service indisponible""#;
    let error = check(Canned::new().unavailable(), text, false);
    assert!(error.is_unavailable() && error.source().is_none());

    let refusal = REFUSED.replace("string", "Solde \\u001b[31m insuffisant\\n");
    let text = r#"the gateway refused with code 0: "Solde \u{1b}[31m insuffisant\n""#;
    for (status, may_have_acted) in [(200, false), (402, false), (499, false), (500, true), (599, true), (600, false)] {
        check(Canned::new().reply(status, refusal.as_str()), text, may_have_acted);
    }
    let text = r#"unexpected reply, HTTP 500: the body is not the documented JSON; it begins with "<h1>Erreur\n""#;
    check(Canned::new().reply(500, "<h1>Erreur\n"), text, true);

    let not_sent = || TransportError::not_sent("no route");
    let lost = || TransportError::lost("reset");
    let error = check(Canned::new().fails(not_sent()), "the request was not sent", false);
    assert_eq!(error.source().unwrap().to_string(), "no route");
    assert!(!error.is_timeout());
    let error = check(Canned::new().fails(not_sent().into_timeout()), "the request was not sent in time", false);
    assert!(error.is_timeout());
    check(Canned::new().fails(lost()), "the request may have been sent: its outcome is unknown", true);
    let text = "the request may have been sent and was not answered in time: its outcome is unknown";
    assert!(check(Canned::new().fails(lost().into_timeout()), text, true).is_timeout());
    check(Canned::new(), "the request was not sent", false);
}

#[test]
fn a_failure_of_the_check_says_so() {
    for failure in [TransportError::not_sent, TransportError::lost] {
        for (timed_out, text) in [
            (false, "the availability check failed, the call was not sent"),
            (true, "the availability check was not answered in time, the call was not sent"),
        ] {
            let transport = move |_: &Request| {
                let failure = failure("reset");
                Err(if timed_out { failure.into_timeout() } else { failure })
            };
            let gateway = over(transport);
            let error = gateway.check_payment(&token()).unwrap_err();
            assert_eq!(error.to_string(), text);
            assert_eq!(error.source().unwrap().to_string(), "reset");
            assert_eq!((error.may_have_acted(), error.is_timeout()), (false, timed_out));
        }
    }
}

#[test]
fn a_message_has_at_most_1_000_characters() {
    let long = "é".repeat(30_000);
    for (body, status) in
        [(REFUSED.replace("string", &long), 400), (UNAVAILABLE.replace("Service indisponible", &long), 200)]
    {
        let error = over(Canned::new().reply(status, body)).check_payment(&token()).unwrap_err();
        assert_eq!(error.is_unavailable(), status == 200);
        assert_eq!(message(error), "é".repeat(1_000));
    }
}

#[test]
fn an_invalid_input_and_a_failed_exchange_become_errors() {
    let error = Error::from(TransportError::not_sent(std::io::Error::other("cable")));
    assert_eq!(error.source().unwrap().to_string(), "cable");
    let error = Error::from(Credentials::new("", "").unwrap_err());
    assert_eq!(error.to_string(), "api_client must not be empty");
    assert!(!error.may_have_acted() && !error.is_timeout() && !error.is_unavailable() && error.source().is_none());
}

#[test]
fn an_excerpt_has_at_most_200_characters() {
    for (length, kept) in [(300, 200), (200, 200), (0, 0)] {
        let gateway = over(Canned::new().reply(200, "é".repeat(length)));
        assert_eq!(unexpected(gateway.check_payment(&token()).unwrap_err()).2, "é".repeat(kept));
    }
}

#[track_caller]
fn refused(builder: GatewayBuilder, text: &str) {
    assert_eq!(builder.build().unwrap_err().to_string(), text);
}

#[test]
fn a_setting_that_breaks_a_rule_is_refused_by_its_name() {
    let builder = || Gateway::builder(credentials());
    for timeout in [Duration::ZERO, Duration::MAX, Duration::from_nanos(3_600_000_000_001)] {
        refused(builder().timeout(timeout), "timeout must be more than zero and at most an hour");
    }
    assert!(builder().timeout(Duration::from_secs(3600)).build().is_ok());
    assert!(builder().timeout(Duration::from_nanos(1)).build().is_ok());
    for user_agent in ["a\r\nSecret: b", "a\n", "é", "a\0", "a\tb", "\u{7f}"] {
        refused(builder().user_agent(user_agent), "user_agent must be printable ASCII characters only");
    }
    for user_agent in ["", "  "] {
        refused(builder().user_agent(user_agent), "user_agent must not be blank");
    }
    let pem = |kind: &str| format!("-----BEGIN {kind}-----\nMAA=\n-----END {kind}-----\n");
    let certificate = pem("CERTIFICATE");
    let texts = [
        ("", "must hold at least one PEM certificate"),
        ("\u{feff}", "must hold at least one PEM certificate"),
        ("not PEM", "must hold at least one PEM certificate"),
        (&pem("X509 CRL"), "must hold at least one PEM certificate"),
        (&certificate.replace("MAA=", "!"), "must be valid PEM"),
        (&format!("{certificate}{}", pem("PRIVATE KEY")), "must not hold a private key"),
        (&format!("{}{certificate}", pem("RSA PRIVATE KEY")), "must not hold a private key"),
        (&format!("{certificate}{}", pem("ENCRYPTED PRIVATE KEY")), "must not hold a private key"),
    ];
    let tls = cfg!(any(feature = "rustls", feature = "native-tls"));
    for (pem, text) in texts {
        let text = if tls { text } else { "needs the feature `rustls` or `native-tls`" };
        refused(builder().root_certificates(pem.as_bytes()), &format!("root_certificates {text}"));
    }
    for mark in ["", "\u{feff}"] {
        assert_eq!(builder().root_certificates(format!("{mark}{certificate}").as_bytes()).build().is_ok(), tls);
    }
    // With a transport of one's own these have no effect.
    let own = builder().timeout(Duration::ZERO).user_agent("").root_certificates(b"");
    assert!(own.transport(Canned::new()).build().is_ok());
}

#[test]
fn an_origin_is_a_scheme_a_host_and_a_port() {
    let refused = |origin: &str, reason: &str| {
        refused(Gateway::builder(credentials()).origin(origin), &format!("origin {reason}"));
    };
    for origin in ["", "ekolopay.com", "//ekolopay.com", "ftp://a", "HTTPS://a", " https://a", "https:/a"] {
        refused(origin, "must begin with https:// or http://");
    }
    let rule = "must be a scheme and a host, with an optional port and an optional final slash, nothing else";
    refused("https://", rule);
    let ports = ": :443 a: a:0 a:65536 a:+1 a:1:2 a:x [::1]: [::1]:0";
    let paths = "/ // a/b a// a/?q a?q a#f user@a user:password@a";
    let hosts = "a\\b é.com a..b .a a. [::1 ::1 [::1]x [x] [] [::1%25lo] %61 a,b [::1]] [[::1]";
    for rest in [ports, paths, hosts].into_iter().flat_map(|list| list.split(' ')).chain(["a b", "a\n", "a: 1"]) {
        refused(&format!("https://{rest}"), rule);
    }
    let long = |length: usize| format!("https://{}.com", "a".repeat(length - 4));
    refused(&long(254), "must have a host of at most 253 characters");
    assert!(Gateway::builder(credentials()).origin(&long(253)).transport(Canned::new()).build().is_ok());
    let others = "ekolopay.com 10.0.0.1 128.0.0.1 127.0.0.1.example localhost.example 0.0.0.0 127.1";
    for host in others.split(' ').chain(["[::2]", "[::]", "[::ffff:127.0.0.1]"]) {
        refused(&format!("http://{host}"), "must be https: http is for loopback hosts only");
    }
    for (origin, used) in [
        ("https://ekolopay.com/", "https://ekolopay.com"),
        ("https://test-1.ekolo_pay.example:8443", "https://test-1.ekolo_pay.example:8443"),
        ("https://10.0.0.1:1/", "https://10.0.0.1:1"),
        ("https://[2001:db8::1]:65535", "https://[2001:db8::1]:65535"),
        ("http://localhost:08099", "http://localhost:8099"),
        ("http://LocalHost", "http://LocalHost"),
        ("http://127.255.0.1", "http://127.255.0.1"),
        ("http://[::1]:8099/", "http://[::1]:8099"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[0:0:0:0:0:0:0:1]"),
    ] {
        let gateway = Gateway::builder(credentials()).origin(origin).transport(Canned::new()).build().unwrap();
        assert_eq!(gateway.payment_url(&"t".parse().unwrap()), format!("{used}/purchase-product/t"));
    }
}

#[test]
fn errors_are_small_and_a_gateway_is_one_pointer() {
    assert!(size_of::<Error>() <= 48, "{} bytes", size_of::<Error>());
    assert_eq!(size_of::<Gateway>(), size_of::<usize>(), "a clone is one counted pointer");
}
