//! The log, and the `Debug` output.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ekolopay_sandbox::{DEMO_SECRET_KEY, Sandbox};

use crate::client::{PURCHASE, check, get, new_token, order, post, send, settle};

type Lines = Arc<Mutex<Vec<String>>>;

fn logged(secret: &str) -> (Sandbox, Lines) {
    let lines = Lines::default();
    let kept = Arc::clone(&lines);
    let sandbox = Sandbox::builder()
        .secret_key(secret)
        .log(move |line| kept.lock().expect("lines").push(line.to_owned()))
        .start()
        .expect("a sandbox");
    (sandbox, lines)
}

fn taken(lines: &Lines) -> Vec<String> {
    std::mem::take(&mut lines.lock().expect("lines"))
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
    while lines.lock().expect("lines").len() < 5 {
        assert!(started.elapsed() < Duration::from_secs(10), "{lines:?}");
    }
    let starts: Vec<String> = taken(&lines)
        .iter()
        .map(|line| {
            let (start, milliseconds) = line.strip_suffix(" ms").expect("ms").rsplit_once(' ').expect("a time");
            milliseconds.parse::<u64>().expect("a number");
            start.to_owned()
        })
        .collect();
    let page = format!("POST /purchase-product/{token} 303");
    assert_eq!(
        starts,
        [
            "POST /api/v1/gateway/purchase-token 200",
            "POST /api/v1/gateway/check-payment 200",
            page.as_str(),
            "GET /nowhere 404",
            "- - 400",
        ]
    );
}

#[test]
fn the_secret_is_in_no_line() {
    let secret = "pa/ss wörd-94";
    let (sandbox, lines) = logged(secret);
    post(&sandbox, PURCHASE, &order(&[("secret_key", Some(secret))])).data();
    let once = "pa%2Fss%20w%C3%B6rd%2D94";
    let hex: Vec<String> = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let all = hex.concat();
    let twice = all.replace('%', "%25");
    for path in [once, &all, &twice, &format!("a-{once}-{all}-b")] {
        assert_eq!(get(&sandbox, &format!("/x/{path}/y?key={all}")).status, 404);
        let line = taken(&lines).pop().expect("a line");
        assert!(line.contains("***") && line.starts_with("GET /x/"), "{line}");
        for part in [secret, once, &all, &twice, "94", "39%34", "%2539"] {
            assert!(!line.contains(part), "{part} in {line}");
        }
    }

    let (sandbox, lines) = logged(DEMO_SECRET_KEY);
    get(&sandbox, &format!("/{DEMO_SECRET_KEY}/%30%35{}", &DEMO_SECRET_KEY[2..]));
    send(&sandbox, format!("{DEMO_SECRET_KEY} / HTTP/1.1\r\nHost: x\r\n\r\n"));
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
    assert!(format!("{builder:?}").contains("***"));
    assert!(!format!("{builder:?}").contains("hush"));
    let sandbox = builder.start().expect("a sandbox");
    shared(&sandbox);
    assert!(format!("{sandbox:#?}").contains("***"));
    assert!(!format!("{sandbox:#?}").contains("hush"));
}

#[test]
fn a_log_that_panics_does_not_stop_the_server() {
    let sandbox =
        Sandbox::builder().log(|line| assert!(!line.contains("/boom"), "as asked")).start().expect("a sandbox");
    let mut stream = crate::client::connect(sandbox.address());
    std::io::Write::write_all(&mut stream, b"GET /boom HTTP/1.1\r\n\r\n").expect("sent");
    assert_eq!(crate::client::read_answer(&stream, true).expect("an answer").status, 500);
    assert_eq!(get(&sandbox, "/sandbox").status, 200);
}
