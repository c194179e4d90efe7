//! Rows 9–11, 14–17 and 27–30: an exchange that begins well and never ends.

use std::sync::Arc;
use std::time::Duration;

use ekolopay_faults::Step;
use ekolopay_faults::replies::response;
use ekolopay_test_kit::secret;

use crate::fault::{Fault, last_answer};

/// The exchange fails: the outcome of a call is unknown, and after a failed check no call is made.
fn breaks(name: &str, steps: impl IntoIterator<Item = Step>) {
    Fault::new(name, steps).becomes("Transport: may have arrived", "Transport: not sent");
}

/// The same, because the time is up.
fn runs_out_of_time(name: &str, steps: impl IntoIterator<Item = Step>) {
    Fault::new(name, steps).becomes("Transport, timeout: may have arrived", "Transport, timeout: not sent");
}

fn succeeds(name: &str, steps: impl IntoIterator<Item = Step>) {
    Fault::new(name, steps).becomes("success", "success");
}

/// The right answer, a byte at a time.
fn drip(pause: u64) -> Step {
    Step::Drip(Arc::new(|json| response(200, "", json)), Duration::from_millis(pause))
}

#[test]
fn row_09_closed_after_the_head() {
    breaks("closed", [Step::Head]);
    breaks("gone", [Step::Head, Step::HangUp]);
    breaks("reset", [Step::Head, Step::Reset]);
}

#[test]
fn row_10_closed_after_the_request() {
    breaks("closed", [Step::Request]);
}

#[test]
fn row_11_reset_after_the_request() {
    breaks("reset", [Step::Request, Step::Reset]);
}

#[test]
fn row_14_silence_after_the_request() {
    runs_out_of_time("silence", [Step::Request, Step::Stall]);
}

#[test]
fn row_15_headers_drip() {
    runs_out_of_time("headers, a byte per 100 ms", [Step::Request, drip(100)]);
}

#[test]
fn row_16_headers_cut_short() {
    for head in ["HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nX: {}"] {
        breaks(head, last_answer(move |_| head.replace("{}", &secret()).into_bytes()));
    }
}

#[test]
fn row_17_not_http_1() {
    breaks("garbage", last_answer(|json| format!("{}\r\n\r\n{json}", secret()).into_bytes()));
    breaks("garbage bytes", last_answer(|_| (0..=u8::MAX).rev().collect()));
    // An empty SETTINGS frame, with which HTTP/2 begins.
    breaks("HTTP/2", last_answer(|_| vec![0, 0, 0, 4, 0, 0, 0, 0, 0]));
    breaks("HTTP/2 as text", last_answer(|json| format!("HTTP/2 200\r\n\r\n{json}").into_bytes()));
    breaks("HTTP/0.9", last_answer(|json| json.as_bytes().to_vec()));
}

#[test]
fn row_27_content_length_longer_than_the_body() {
    for missing in [1, 1_000, usize::MAX / 2] {
        let answer = last_answer(move |json| {
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{json}", json.len() + missing).into_bytes()
        });
        breaks("body shorter than its length", answer);
    }
}

#[test]
fn row_28_chunked_body_broken() {
    let chunked = |before: &'static str, after: &'static str| {
        last_answer(move |json| {
            let chunk = format!("{before}{:x}\r\n{json}\r\n{after}", json.len());
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}").into_bytes()
        })
    };
    breaks("cut before the last chunk", chunked("", ""));
    breaks("cut in a chunk", chunked("", "ff\r\n "));
    breaks("bad chunk length", chunked("zz\r\n", "0\r\n\r\n"));
    breaks("negative chunk length", chunked("-1\r\n", "0\r\n\r\n"));
    breaks("chunk length beyond 64 bits", chunked("10000000000000000\r\n", "0\r\n\r\n"));
    // All the data arrived, and the end mark; only the last line break is missing.
    succeeds("last line break missing", chunked("", "0\r\n"));
}

#[test]
fn row_29_close_delimited_body_cut() {
    for percent in [0, 1, 50, 99] {
        let cut = last_answer(move |json| {
            let cut = &json[..json.len() * percent / 100];
            format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{cut}").into_bytes()
        });
        Fault::new("cut in the JSON", cut).becomes("UnexpectedReply", "success");
    }
    // Uncut, it is an ordinary answer.
    succeeds("whole", last_answer(|json| format!("HTTP/1.1 200 OK\r\n\r\n{json}").into_bytes()));
}

#[test]
fn row_30_body_stalls_or_drips() {
    let half = Step::reply(|json| response(200, "", json)[..60].to_vec());
    runs_out_of_time("body stalls", [Step::Request, half, Step::Stall]);
    let head = Step::reply(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".to_vec());
    let spaces = Step::Drip(Arc::new(|_| vec![b' '; 1_000]), Duration::from_millis(50));
    runs_out_of_time("body drips", [Step::Request, head, spaces]);
    // Slow, but whole in time.
    succeeds("body slow", [Step::Request, drip(1), Step::Serve]);
}
