//! The log, and the `Debug` output.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ekolopay_sandbox::{DEMO_SECRET_KEY, Sandbox};

use crate::client::{PURCHASE, check, get, new_token, order, post, send, settle};

type Lines = Arc<Mutex<Vec<String>>>;

fn logged(secret: &str) -> (Sandbox, Lines) {
    let lines = Lines::default();
    let kept = Arc::clone(&lines);
    let log = move |line: &str| kept.lock().unwrap().push(line.to_owned());
    (Sandbox::builder().secret_key(secret).log(log).start().unwrap(), lines)
}

fn taken(lines: &Lines) -> Vec<String> {
    std::mem::take(&mut lines.lock().unwrap())
}

#[test]
fn one_line_per_request() {
    let (sandbox, lines) = logged(DEMO_SECRET_KEY);
    let token = new_token(&sandbox);
    check(&sandbox, &token);
    settle(&sandbox, &token, "paid");
    get(&sandbox, "/nowhere?secret=1");
    assert_eq!(send(&sandbox, "nonsense\r\n\r\n").status, 400);
    // The last line is written after its answer.
    let started = Instant::now();
    while lines.lock().unwrap().len() < 5 {
        assert!(started.elapsed() < Duration::from_secs(10), "{lines:?}");
    }
    let expected = format!(
        "POST /api/v1/gateway/purchase-token 200|POST /api/v1/gateway/check-payment 200|\
         POST /purchase-product/{token} 303|GET /nowhere 404|- - 400"
    );
    for (line, start) in taken(&lines).iter().zip(expected.split('|')) {
        let time = line.strip_prefix(start).and_then(|time| time.strip_suffix(" ms")).expect(line);
        time.trim_start().parse::<u64>().unwrap();
    }
}

#[test]
fn the_secret_is_in_no_line() {
    let secret = "pa/ss wörd-94";
    let (sandbox, lines) = logged(secret);
    post(&sandbox, PURCHASE, &order(&[("secret_key", Some(secret))])).data();
    let once = "pa%2Fss%20w%C3%B6rd%2D94";
    let all: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let twice = all.replace('%', "%25");
    for path in [once, &all, &twice, &format!("a-{once}-{all}-b")] {
        assert_eq!(get(&sandbox, &format!("/x/{path}/y?key={all}")).status, 404);
        let line = taken(&lines).pop().unwrap();
        assert!(line.contains("***") && line.starts_with("GET /x/"), "{line}");
        for part in [secret, once, &all, &twice, "94", "39%34", "%2539"] {
            assert!(!line.contains(part), "{part} in {line}");
        }
    }

    let (sandbox, lines) = logged(DEMO_SECRET_KEY);
    get(&sandbox, &format!("/{DEMO_SECRET_KEY}/%30%35{}", &DEMO_SECRET_KEY[2..]));
    send(&sandbox, format!("{DEMO_SECRET_KEY} / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    let lines = taken(&lines);
    assert!(lines[0].starts_with("GET /***/*** 404 "), "{lines:?}");
    assert!(lines[1].starts_with("*** / 405 "), "{lines:?}");
}

#[test]
fn a_request_cannot_break_its_line() {
    let (sandbox, lines) = logged("key");
    get(&sandbox, "/a%0Ab");
    // The path is decoded to hide the secret, and a decoded line break must not break the line.
    get(&sandbox, "/key%0A%1b%5B31mGET");
    get(&sandbox, &format!("/{}", "a".repeat(9000)));
    let lines = taken(&lines);
    assert!(lines[0].starts_with("GET /a%0Ab 404 "), "{lines:?}");
    assert!(lines[1].starts_with("GET /***\\n\\u{1b}[31mGET 404 "), "{lines:?}");
    assert!(lines[2].len() < 300);
    assert!(!lines.iter().any(|line| line.contains(char::is_control)));
}

#[test]
fn debug_output_hides_the_secret() {
    fn shared<T: Send + Sync>(_: &T) {}
    let builder = Sandbox::builder().secret_key("hush-hush").log(|_| {});
    let text = format!("{builder:?}");
    let sandbox = builder.start().unwrap();
    shared(&sandbox);
    for text in [text, format!("{sandbox:#?}")] {
        assert!(text.contains("***") && !text.contains("hush"), "{text}");
    }
}

#[test]
fn a_log_that_panics_does_not_stop_the_server() {
    let sandbox = Sandbox::builder().log(|line| assert!(!line.contains("/boom"), "as asked")).start().unwrap();
    assert_eq!(get(&sandbox, "/boom").status, 500);
    assert_eq!(get(&sandbox, "/sandbox").status, 200);
}
