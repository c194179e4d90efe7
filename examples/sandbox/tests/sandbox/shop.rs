//! A shop that is told of payments.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

pub(crate) struct Shop {
    pub(crate) port: u16,
    /// The requests, as they came.
    pub(crate) received: Receiver<String>,
}

impl Shop {
    /// Gives each request to `answer`, and writes what that says.
    pub(crate) fn open(answer: impl Fn(&str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (sender, received) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let mut bytes = Vec::new();
                while !complete(&bytes) {
                    let mut some = [0; 1024];
                    let count = stream.read(&mut some).expect("a request");
                    assert_ne!(count, 0, "a request cut short");
                    bytes.extend_from_slice(&some[..count]);
                }
                let request = String::from_utf8(bytes).expect("text");
                let text = answer(&request);
                if sender.send(request).is_err() {
                    return;
                }
                let _ = stream.write_all(text.as_bytes());
            }
        });
        Self { port, received }
    }

    pub(crate) fn answering(status: &'static str) -> Self {
        Self::open(move |_| format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/callback?shop=1", self.port)
    }
}

fn complete(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        length.is_none_or(|length| length.parse() == Ok(body.len()))
    })
}
