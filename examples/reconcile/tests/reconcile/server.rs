//! A server that answers checks as a test wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

type Answer = dyn FnMut(&str, &str) -> (u16, String) + Send;

pub(crate) struct Server {
    pub(crate) origin: String,
    /// The tokens asked about, oldest first; the availability check asks about none.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `answer` is given the token, and the whole body.
    pub(crate) fn start(answer: impl FnMut(&str, &str) -> (u16, String) + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let answer: Arc<Mutex<Answer>> = Arc::new(Mutex::new(answer));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, noted) = (Arc::clone(&answer), Arc::clone(&noted));
                thread::spawn(move || serve(&stream.expect("a connection"), &answer, &noted));
            }
        });
        Server { origin, asked }
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        lock(&self.asked).clone()
    }
}

/// The requests of one connection, one after the other.
fn serve(stream: &TcpStream, answer: &Mutex<Answer>, asked: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            (reader.read_line(&mut head).ok()? > 0).then_some(())?;
        }
        let lower = head.to_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "))?;
        let mut body = vec![0; length.parse().ok()?];
        reader.read_exact(&mut body).ok()?;
        let body = String::from_utf8(body).ok()?;
        let token = body.strip_prefix("purchaseToken=")?.split('&').next()?;
        // Both under one lock: what is noted is in the order of the answers.
        let mut answer = lock(answer);
        lock(asked).push(token.to_owned());
        let (status, text) = answer(token, &body);
        drop(answer);
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", text.len());
        reader.get_mut().write_all(format!("{head}{text}").as_bytes()).ok()?;
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn paid() -> (u16, String) {
    data(r#"{"payment_successful":true}"#)
}

pub(crate) fn not_paid() -> (u16, String) {
    data(r#"{"payment_successful":false}"#)
}

fn data(data: &str) -> (u16, String) {
    let text = format!(r#"{{"response":{{"API_RESPONSE_CODE":200,"API_RESPONSE_DATA":{{"API_DATA":{data}}}}}}}"#);
    (200, text)
}

/// `message` is JSON, quotes included.
pub(crate) fn refusal(message: &str) -> (u16, String) {
    let text = format!(r#"{{"response":{{"API_RESPONSE_CODE":0,"API_RESPONSE_DATA":{{"clearMessage":{message}}}}}}}"#);
    (200, text)
}

pub(crate) fn unavailable() -> (u16, String) {
    (200, r#"{"code":0,"message":"Service indisponible","reason":"UNAVAILABLE_SERVICE"}"#.to_owned())
}
