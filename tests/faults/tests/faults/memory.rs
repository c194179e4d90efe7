//! Replies without limit.

use std::io::Write;

use ekolopay_faults::service::reply;
use ekolopay_test_kit::{Connection, Script, response_with};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::fault::{Fault, Front};

const UNEXPECTED: &str = "UnexpectedReply";
const GZIP: &str = "Content-Encoding: gzip\r\n";

/// However the gateway is reached. The client behind a proxy grows by less than 8 MB.
fn becomes(fault: Fault, call: &str, check: &str) {
    for front in Front::ALL {
        Fault { front, ..fault.clone() }.becomes(call, check);
    }
}

/// This head, and then the same bytes again and again.
fn flood(head: &'static str, bytes: Vec<u8>, times: u64) -> impl Script {
    move |connection: &mut Connection| {
        reply(connection, |_| head.as_bytes().to_vec())?;
        (0..times).try_for_each(|_| connection.write(&bytes))
    }
}

#[test]
fn headers_without_limit_are_not_read() {
    let breaks = |fault| becomes(fault, "Transport: may have arrived", "Transport: not sent");
    breaks(Fault::last("1 MB header", |json| response_with(200, &format!("X: {}\r\n", "x".repeat(1 << 20)), json)));
    breaks(Fault::new("endless headers", flood("HTTP/1.1 200 OK\r\n", b"X: y\r\n".repeat(1_000), u64::MAX)));
    breaks(Fault::answer("129 headers", |json| response_with(200, &"X: y\r\n".repeat(128), json)));
}

/// It is longer than any buffer that holds one write.
#[test]
fn a_long_head_is_read() {
    for kib in [20, 60] {
        let long = move |json: &str| response_with(200, &format!("X: {}\r\n", "x".repeat(kib << 10)), json);
        becomes(Fault::answer(kib, long), "success", "success");
    }
}

#[test]
fn a_body_without_limit_is_not_read() {
    let spaces = || vec![b' '; 1 << 14];
    let long = flood("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", spaces(), 1 << 16);
    becomes(Fault::new("1 GB", long), UNEXPECTED, "success");
    becomes(Fault::new("endless", flood("HTTP/1.1 200 OK\r\n\r\n", spaces(), u64::MAX)), UNEXPECTED, "success");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_compressed_body_without_limit_is_not_unpacked() {
    // Gzip members in a row are read as one stream.
    let bomb = gzip(&vec![b' '; 1 << 25]).repeat(32);
    let fault = Fault::last("1 GB in gzip", move |_| response_with(200, GZIP, &bomb));
    Fault { front: Front::Proxy, ..fault }.becomes(UNEXPECTED, "success");
    // It is unpacked only in programs where another crate has enabled that in ureq.
    let unpacked = if cfg!(feature = "gzip") { "success" } else { UNEXPECTED };
    let fault = Fault::answer("right JSON in gzip", |json| response_with(200, GZIP, gzip(json.as_bytes())));
    fault.becomes(unpacked, "success");
}
