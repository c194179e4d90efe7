//! What goes over the wire, on every system. `tests/faults` shows what becomes of a call when the network or the gateway
//! fails, on Linux.

mod merchant;

use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay::canned::{NOT_PAID, PAID};
use ekolopay::verify::Verification;
use ekolopay::{Error, Gateway};
use ekolopay_test_kit::{SECRET_KEY, Server, response};
use merchant::{at, credentials, token};

const TOO_LONG: (u16, &str) = (200, "the body is longer than 64 KiB");

/// The status and the reason of the unexpected reply that this server gives.
#[track_caller]
fn unexpected(origin: &str) -> (u16, &'static str) {
    let (status, reason, _) = merchant::unexpected(at(origin).check_payment(&token()).unwrap_err());
    (status, reason)
}

#[test]
fn a_call_is_a_check_and_a_post_each_sent_once() {
    let server = Server::in_service(|_| response(200, PAID));
    assert!(matches!(at(&server.origin).check_payment(&token()), Ok(Verification::Paid(_))));
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    let call = format!("purchaseToken={}&secret_key={SECRET_KEY}", token());
    for (request, body) in requests.iter().zip(["purchaseToken=", &call]) {
        assert_eq!(request.body, body);
        let head = format!(
            "POST /api/v1/gateway/check-payment?api_client=demo HTTP/1.1\r\nhost: 127.0.0.1:{}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\
             user-agent: ekolopay/{}\r\naccept: application/json\r\n\r\n",
            server.address.port(),
            body.len(),
            env!("CARGO_PKG_VERSION"),
        );
        // The order of headers means nothing, nor do capitals in their names.
        let headers = |head: &str| head.lines().skip(1).map(str::to_lowercase).collect::<BTreeSet<_>>();
        assert_eq!(request.head.lines().next(), head.lines().next());
        assert_eq!(request.head.len(), head.len());
        assert_eq!(headers(&request.head), headers(&head));
    }
    assert_eq!(server.connections(), 1, "check and call share a connection");
}

#[test]
fn the_user_agent_is_put_before_our_own() {
    let server = Server::in_service(|_| response(200, NOT_PAID));
    let gateway = Gateway::builder(credentials()).origin(&server.origin).user_agent("shop/7 (night)").build().unwrap();
    gateway.check_payment(&token()).map(drop).unwrap();
    for request in server.requests() {
        let expected = concat!("shop/7 (night) ekolopay/", env!("CARGO_PKG_VERSION"), "\r\n");
        assert!(request.head.to_lowercase().contains(&format!("user-agent: {expected}")), "{}", request.head);
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let other = Server::start(|_| response(200, PAID));
    for status in [300, 301, 302, 303, 304, 305, 307, 308] {
        let location = format!("{}/api/v1/gateway/check-payment", other.origin);
        let answer = format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        // The check is redirected too, which is an ordinary answer.
        let server = Server::start(move |_| answer.clone().into_bytes());
        assert_eq!(unexpected(&server.origin), (status, "a redirect is not followed"));
        assert_eq!(server.calls().len(), 1);
    }
    assert_eq!(other.connections(), 0);
}

#[test]
fn silence_ends_with_the_timeout() {
    let timeout = Duration::from_millis(300);
    for (answers, may_have_acted) in [(0, false), (1, true)] {
        let server = Server::start(move |request| {
            if request.is_check() && answers > 0 {
                return response(200, "{}");
            }
            thread::sleep(Duration::from_secs(2));
            Vec::new()
        });
        let gateway = Gateway::builder(credentials()).origin(&server.origin).timeout(timeout).build().unwrap();
        let start = Instant::now();
        let error = gateway.check_payment(&token()).unwrap_err();
        assert!(error.is_timeout() && (timeout..timeout * 5).contains(&start.elapsed()), "{error:?}");
        assert_eq!((error.may_have_acted(), server.calls().len()), (may_have_acted, answers));
    }
}

#[test]
fn an_idle_connection_is_kept_for_three_seconds() {
    let server = Server::in_service(|_| response(200, NOT_PAID));
    let gateway = at(&server.origin);
    for (pause, connections) in [(0, 1), (1_000, 1), (3_100, 2)] {
        thread::sleep(Duration::from_millis(pause));
        gateway.check_payment(&token()).map(drop).unwrap();
        assert_eq!(server.connections(), connections);
    }
}

#[test]
fn more_than_64_kib_is_not_read() {
    let padded = |length: usize| format!("{PAID}{}", " ".repeat(length - PAID.len()));
    let (fits, long) = (padded(64 * 1024), padded(64 * 1024 + 1));
    let server = Server::in_service(move |_| response(200, &fits));
    assert!(matches!(at(&server.origin).check_payment(&token()), Ok(Verification::Paid(_))));
    // Its beginning parses, as does that of a body without an end; the check passes on either.
    let server = Server::start(move |_| response(200, &long));
    assert_eq!(unexpected(&server.origin), TOO_LONG);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let written = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&written);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            while let Ok(length) = stream.write(&[b' '; 4096]) {
                counted.fetch_add(length, Ordering::SeqCst);
            }
        }
    });
    assert_eq!(unexpected(&origin), TOO_LONG);
    assert!(written.load(Ordering::SeqCst) < 32 << 20, "it hangs up");
}

#[test]
fn what_never_left_is_told_from_what_may_have_arrived() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for origin in [format!("http://{closed}"), format!("http://[::1]:{}", closed.port())] {
        let error = at(&origin).check_payment(&token()).unwrap_err();
        assert!(matches!(error, Error::Transport(_)) && !error.may_have_acted(), "{error:?}");
    }
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Le", "garbage\r\n\r\n", "HTTP/2 200\r\n\r\n"] {
        let server = Server::in_service(move |_| answer.as_bytes().to_vec());
        let error = at(&server.origin).check_payment(&token()).unwrap_err();
        assert!(matches!(error, Error::Transport(_)) && error.may_have_acted(), "{answer}: {error:?}");
        assert_eq!(server.calls().len(), 1, "sent once");
    }
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
#[test]
fn without_a_tls_feature_https_is_not_tried() {
    let server = Server::start(|_| response(200, PAID));
    let error = at(&server.origin.replace("http:", "https:")).check_payment(&token()).unwrap_err();
    assert!(!error.may_have_acted());
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "https needs the feature `rustls` or `native-tls`"
    );
    assert_eq!(server.connections(), 0);
}
