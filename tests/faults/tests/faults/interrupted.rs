//! Rows 9–11, 14–17 and 27–30: an exchange that begins well and never ends.

use std::time::Duration;

use ekolopay_faults::replies::response;
use ekolopay_faults::{Script, Step};
use ekolopay_test_kit::secret;

use crate::fault::{Fault, last_answer, reply};

/// The exchange fails: the outcome of a call is unknown, and after a failed check no call is made.
#[track_caller]
fn breaks(row: u8, name: &str, steps: impl Fn() -> Script + Send + Sync + 'static) {
    Fault::new(row, name, steps).call(&["Transport: Unknown"]).check(&["Transport: NotSent"]);
}

/// The same, because the time is up.
#[track_caller]
fn runs_out_of_time(row: u8, name: &str, steps: impl Fn() -> Script + Send + Sync + 'static) {
    let fault = Fault::new(row, name, steps).times_out();
    fault.call(&["Transport, timeout: Unknown"]).check(&["Transport, timeout: NotSent"]);
}

#[test]
fn row_09_closed_after_the_head() {
    breaks(9, "closed after the head", || vec![Step::Head]);
    breaks(9, "gone after the head", || vec![Step::Head, Step::HangUp]);
    breaks(9, "reset after the head", || vec![Step::Head, Step::Reset]);
}

#[test]
fn row_10_closed_after_the_request() {
    breaks(10, "closed after the request", || vec![Step::Request]);
}

#[test]
fn row_11_reset_after_the_request() {
    breaks(11, "reset after the request", || vec![Step::Request, Step::Reset]);
}

#[test]
fn row_14_silence_after_the_request() {
    runs_out_of_time(14, "silence", || vec![Step::Request, Step::Stall]);
}

#[test]
fn row_15_headers_drip() {
    runs_out_of_time(15, "headers, a byte per 100 ms", || {
        vec![Step::Request, Step::Drip(Box::new(|json| response(200, "", json)), Duration::from_millis(100))]
    });
}

#[test]
fn row_16_headers_cut_short() {
    for head in ["HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nX: {}"] {
        let head = head.replace("{}", &secret());
        breaks(16, "cut short", move || {
            let head = head.clone();
            last_answer(move |_| head.clone().into_bytes())
        });
    }
}

#[test]
fn row_17_not_http_1() {
    breaks(17, "garbage", || last_answer(|json| format!("{}\r\n\r\n{json}", secret()).into_bytes()));
    breaks(17, "garbage bytes", || last_answer(|_| (0..=u8::MAX).rev().collect()));
    // An empty SETTINGS frame, with which HTTP/2 begins.
    breaks(17, "HTTP/2", || last_answer(|_| vec![0, 0, 0, 4, 0, 0, 0, 0, 0]));
    breaks(17, "HTTP/2 as text", || last_answer(|json| format!("HTTP/2 200\r\n\r\n{json}").into_bytes()));
    breaks(17, "HTTP/0.9", || last_answer(|json| json.as_bytes().to_vec()));
}

#[test]
fn row_27_content_length_longer_than_the_body() {
    for missing in [1, 1_000, usize::MAX / 2] {
        breaks(27, "body shorter than its length", move || {
            last_answer(move |json| {
                let length = json.len() + missing;
                format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{json}").into_bytes()
            })
        });
    }
}

#[test]
fn row_28_chunked_body_broken() {
    let chunked = |before: &'static str, after: &'static str| {
        move || {
            last_answer(move |json| {
                let chunk = format!("{before}{:x}\r\n{json}\r\n{after}", json.len());
                format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}").into_bytes()
            })
        }
    };
    breaks(28, "cut before the last chunk", chunked("", ""));
    breaks(28, "cut in a chunk", chunked("", "ff\r\n "));
    breaks(28, "bad chunk length", chunked("zz\r\n", "0\r\n\r\n"));
    breaks(28, "negative chunk length", chunked("-1\r\n", "0\r\n\r\n"));
    breaks(28, "chunk length beyond 64 bits", chunked("10000000000000000\r\n", "0\r\n\r\n"));
    // All the data arrived, and the end mark; only the last line break is missing.
    Fault::new(28, "last line break missing", chunked("", "0\r\n")).call(&["success"]).check(&["success"]);
}

#[test]
fn row_29_close_delimited_body_cut() {
    for percent in [0, 1, 50, 99] {
        Fault::new(29, "cut in the JSON", move || {
            last_answer(move |json| {
                let cut = &json[..json.len() * percent / 100];
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{cut}").into_bytes()
            })
        })
        .call(&["UnexpectedReply: Answered"])
        .check(&["success"]);
    }
    // Uncut, it is an ordinary answer.
    Fault::new(29, "whole", || last_answer(|json| format!("HTTP/1.1 200 OK\r\n\r\n{json}").into_bytes()))
        .call(&["success"])
        .check(&["success"]);
}

#[test]
fn row_30_body_stalls_or_drips() {
    let half = |json: &str| response(200, "", json)[..60].to_vec();
    runs_out_of_time(30, "body stalls", move || vec![Step::Request, reply(half), Step::Stall]);
    runs_out_of_time(30, "body drips", move || {
        let spaces = |_: &str| vec![b' '; 1_000];
        let head = |_: &str| b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".to_vec();
        vec![Step::Request, reply(head), Step::Drip(Box::new(spaces), Duration::from_millis(50))]
    });
    // Slow, but whole in time.
    Fault::new(30, "body slow", || {
        let drip = Step::Drip(Box::new(|json| response(200, "", json)), Duration::from_millis(1));
        vec![Step::Request, drip, Step::Serve]
    })
    .call(&["success"])
    .check(&["success"]);
}
