//! Rows 18 and 31: replies without limit. Each client is a process of its own, so that its memory can be measured.

use std::io::Write;

use ekolopay_faults::Step;
use ekolopay_faults::replies::response;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::fault::{Fault, Front, answer, last_answer};

#[test]
fn row_18_oversized_headers() {
    let meets = |name, steps: Vec<Step>, call, check| {
        for front in Front::ALL {
            Fault::new(format!("{name}, {front:?}"), steps.clone()).behind(front).measured().becomes(call, check);
        }
    };
    let bounded = |name, steps| meets(name, steps, "Transport: may have arrived", "Transport: not sent");
    let megabyte = |json: &str| response(200, &format!("X: {}\r\n", "x".repeat(1 << 20)), json);
    bounded("1 MB header", last_answer(megabyte).into());
    let head = Step::reply(|_| b"HTTP/1.1 200 OK\r\n".to_vec());
    bounded("endless headers", vec![Step::Request, head, Step::Flood(b"X: y\r\n".repeat(1_000), u64::MAX)]);
    bounded("129 headers", answer(|json| response(200, &"X: y\r\n".repeat(128), json)).into());
    // Longer than any buffer that holds one write.
    for kilobytes in [20, 60] {
        let long = move |json: &str| response(200, &format!("X: {}\r\n", "x".repeat(kilobytes << 10)), json);
        meets("a long head", answer(long).into(), "success", "success");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn row_31_oversized_bodies() {
    const UNEXPECTED: &str = "UnexpectedReply";
    const GZIP: &str = "Content-Encoding: gzip\r\n";

    let bounded = |name, call, steps: Vec<Step>| Fault::new(name, steps).measured().becomes(call, "success");
    let flood = |head: &'static str| {
        vec![Step::Request, Step::reply(|_| head.as_bytes().to_vec()), Step::Flood(vec![b' '; 1 << 14], 1 << 16)]
    };
    bounded("1 GB", UNEXPECTED, flood("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"));
    bounded("1 GB, no length", UNEXPECTED, flood("HTTP/1.1 200 OK\r\n\r\n"));
    let part = gzip(&vec![b' '; 1 << 25]);
    for (name, parts) in [("1 GB in gzip", 32), ("32 MB in gzip", 1)] {
        // Gzip members in a row are read as one stream.
        let bomb = part.repeat(parts);
        bounded(name, UNEXPECTED, last_answer(move |_| response(200, GZIP, &bomb)).into());
    }
    // It is unpacked only in programs where another crate has enabled that in ureq.
    let unpacked = if cfg!(feature = "gzip") { "success" } else { UNEXPECTED };
    bounded("right JSON in gzip", unpacked, answer(|json| response(200, GZIP, gzip(json.as_bytes()))).into());
}
