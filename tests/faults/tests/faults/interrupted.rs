//! An exchange that begins well and never ends.

use std::time::Duration;

use ekolopay_faults::service::{CLOSE, drip, reply, request, serve};
use ekolopay_test_kit::{Connection, response, secret};

use crate::fault::{Fault, reset};

/// Whether the call arrived is not known, and after a failed check no call is made.
fn breaks(fault: Fault) {
    fault.becomes("Transport: may have arrived", "Transport: not sent");
}

/// The same, because the time is up.
fn runs_out_of_time(fault: Fault) {
    fault.becomes("Transport, timeout: may have arrived", "Transport, timeout: not sent");
}

#[test]
fn a_close_or_a_reset_after_a_part_of_the_request() {
    // The head, where the body comes on its own.
    breaks(Fault::new("closed", Connection::read));
    breaks(Fault::new("gone", |connection| connection.read().and_then(|()| connection.hang_up())));
    breaks(Fault::new("reset", |connection| connection.read().and_then(|()| reset(connection))));
}

#[test]
fn a_close_after_the_request_may_have_arrived() {
    breaks(Fault::last("closed", |_| Vec::new()));
}

#[test]
fn a_reset_after_the_request_may_have_arrived() {
    breaks(Fault::new("reset", |connection| request(connection).and_then(|_| reset(connection))));
}

#[test]
fn silence_after_the_request_may_have_arrived() {
    runs_out_of_time(Fault::new("silence", |connection| request(connection).and_then(|_| connection.stall())));
}

/// The right answer, a byte at a time.
fn slow(pause: u64) -> Fault {
    Fault::new("slow", move |connection| {
        let json = request(connection)?;
        drip(connection, &response(200, &json), Duration::from_millis(pause))?;
        serve(connection)
    })
}

#[test]
fn an_answer_that_drips_runs_out_of_time_unless_it_is_whole_by_then() {
    runs_out_of_time(slow(100));
    slow(1).becomes("success", "success");
}

#[test]
fn a_body_that_stalls_or_drips_runs_out_of_time() {
    runs_out_of_time(Fault::new("stalls", |connection| {
        reply(connection, |json| response(200, json)[..60].to_vec())?;
        connection.stall()
    }));
    runs_out_of_time(Fault::new("drips", |connection| {
        reply(connection, |_| b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".to_vec())?;
        drip(connection, &[b' '; 1_000], Duration::from_millis(50))
    }));
}

#[test]
fn headers_that_are_cut_short() {
    for head in ["HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nX: {}"] {
        breaks(Fault::last(head, move |_| head.replace("{}", &secret()).into_bytes()));
    }
}

#[test]
fn an_answer_that_is_not_http_1() {
    breaks(Fault::last("garbage", |json| format!("{}\r\n\r\n{json}", secret()).into_bytes()));
    breaks(Fault::last("garbage bytes", |_| (0..=u8::MAX).rev().collect()));
    // An empty SETTINGS frame, with which HTTP/2 begins.
    breaks(Fault::last("HTTP/2", |_| vec![0, 0, 0, 4, 0, 0, 0, 0, 0]));
    breaks(Fault::last("HTTP/2 as text", |json| format!("HTTP/2 200\r\n\r\n{json}").into_bytes()));
    breaks(Fault::last("HTTP/0.9", |json| json.as_bytes().to_vec()));
}

#[test]
fn a_body_shorter_than_its_length() {
    for missing in [1, 1_000, usize::MAX / 2] {
        breaks(Fault::last(missing, move |json| {
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{json}", json.len() + missing).into_bytes()
        }));
    }
}

#[test]
fn a_broken_chunked_body() {
    let chunked = |name, before: &'static str, after: &'static str| {
        Fault::last(name, move |json| {
            let chunk = format!("{before}{:x}\r\n{json}\r\n{after}", json.len());
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}").into_bytes()
        })
    };
    breaks(chunked("cut before the last chunk", "", ""));
    breaks(chunked("cut in a chunk", "", "ff\r\n "));
    breaks(chunked("bad chunk length", "zz\r\n", "0\r\n\r\n"));
    breaks(chunked("negative chunk length", "-1\r\n", "0\r\n\r\n"));
    breaks(chunked("chunk length beyond 64 bits", "10000000000000000\r\n", "0\r\n\r\n"));
    // All the data arrived, and the end mark; only the last line break is missing.
    chunked("last line break missing", "", "0\r\n").becomes("success", "success");
}

/// Its end is the end of the connection: only JSON that is whole counts.
#[test]
fn a_body_without_a_length_that_is_cut_is_never_a_success() {
    for percent in [0, 1, 50, 99, 100] {
        let fault = Fault::last(percent, move |json| {
            let cut = &json[..json.len() * percent / 100];
            format!("HTTP/1.1 200 OK\r\n{CLOSE}\r\n{cut}").into_bytes()
        });
        fault.becomes(if percent == 100 { "success" } else { "UnexpectedReply" }, "success");
    }
}
