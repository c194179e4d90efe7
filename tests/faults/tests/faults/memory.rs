//! Rows 18 and 31: replies without limit. Each client is a process of its own, so that its memory can be measured.

use std::io::Write;

use ekolopay_faults::replies::response;
use ekolopay_faults::{Script, Step};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::fault::{Fault, answer, last_answer, reply};

const TRANSPORT: &str = "Transport: Unknown";
const UNEXPECTED: &str = "UnexpectedReply: Answered";

#[track_caller]
fn bounded(row: u8, name: &str, outcomes: (&str, &str), steps: impl Fn() -> Script + Send + Sync + 'static) {
    Fault::new(row, name, steps).in_a_process().call(&[outcomes.0]).check(&[outcomes.1]);
}

#[test]
fn row_18_oversized_headers() {
    bounded(18, "1 MB header", (TRANSPORT, "Transport: NotSent"), || {
        last_answer(|json| response(200, &format!("X: {}\r\n", "x".repeat(1 << 20)), json))
    });
    bounded(18, "endless headers", (TRANSPORT, "Transport: NotSent"), || {
        let head = reply(|_| b"HTTP/1.1 200 OK\r\n".to_vec());
        vec![Step::Request, head, Step::Flood(b"X: y\r\n".repeat(1_000), u64::MAX)]
    });
    bounded(18, "129 headers", (TRANSPORT, "Transport: NotSent"), || {
        answer(|json| response(200, &"X: y\r\n".repeat(128), json))
    });
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gzip_answer(bytes: &[u8]) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length:";
    [format!("{head} {}\r\n\r\n", bytes.len()).as_bytes(), bytes].concat()
}

#[test]
fn row_31_oversized_bodies() {
    let flood = |head: &'static str| {
        move || vec![Step::Request, reply(|_| head.as_bytes().to_vec()), Step::Flood(vec![b' '; 1 << 14], 1 << 16)]
    };
    let outcomes = (UNEXPECTED, "success");
    bounded(31, "1 GB", outcomes, flood("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"));
    bounded(31, "1 GB, no length", outcomes, flood("HTTP/1.1 200 OK\r\n\r\n"));
    let part = gzip(&vec![b' '; 1 << 25]);
    for (name, parts) in [("1 GB in gzip", 32), ("32 MB in gzip", 1)] {
        // Gzip members in a row are read as one stream.
        let bomb = part.repeat(parts);
        bounded(31, name, outcomes, move || {
            let bomb = bomb.clone();
            last_answer(move |_| gzip_answer(&bomb))
        });
    }
    // It is unpacked only in programs where another crate has enabled that in ureq.
    let unpacked = if cfg!(feature = "gzip") { "success" } else { UNEXPECTED };
    bounded(31, "right JSON in gzip", (unpacked, "success"), || answer(|json| gzip_answer(&gzip(json.as_bytes()))));
}
