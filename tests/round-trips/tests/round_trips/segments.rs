//! Whether a part of a request waits for the acknowledgement of the part before.
//!
//! ureq writes the head and the body of a request on its own. With Nagle's algorithm the kernel keeps the second back
//! until the first is acknowledged: on a long line a round trip for each request, which no relay shows, since its own
//! kernel acknowledges at once. Here the server's kernel is asked not to.

use std::io::Read;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay::{Credentials, Gateway};
use socket2::SockRef;

const REQUESTS: usize = 9;

/// Linux acknowledges after 40 ms at the earliest when it is asked to take its time.
const ACKNOWLEDGED: Duration = Duration::from_millis(20);

/// How long after the head of a request its body came, for the requests of one connection. A busy machine makes some
/// longer, and none at all where the server comes so late that it reads both at once.
fn gaps(client: impl FnOnce(&str)) -> Vec<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // The first may be acknowledged before the kernel is asked not to.
        (0..REQUESTS).map(|_| serve(&mut stream)).skip(1).collect()
    });
    client(&origin);
    server.join().unwrap()
}

fn serve(stream: &mut TcpStream) -> Duration {
    let (mut received, mut head) = (Vec::new(), None);
    while !received.ends_with(b"purchaseToken=") {
        // Not for good: the kernel has its own mind after each.
        SockRef::from(&*stream).set_tcp_quickack(false).unwrap();
        let mut part = [0; 4096];
        let length = stream.read(&mut part).unwrap();
        assert!(length > 0, "closed within a request");
        received.extend(&part[..length]);
        if received.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            head.get_or_insert_with(Instant::now);
        }
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
    head.unwrap().elapsed()
}

#[test]
fn no_part_of_a_request_waits_for_an_acknowledgement() {
    let gaps = gaps(|origin| {
        let credentials = Credentials::new("demo", "a-secret-key").unwrap();
        let gateway = Gateway::builder(credentials).origin(origin).build().unwrap();
        (0..REQUESTS).for_each(|_| gateway.check_availability().unwrap());
    });
    assert!(gaps.iter().min().unwrap() < &ACKNOWLEDGED, "{gaps:?}");
}

/// So the test above can fail, and ureq does write twice.
#[test]
fn with_nagles_algorithm_the_body_would_wait() {
    let gaps = gaps(|origin| {
        let agent: ureq::Agent = ureq::Agent::config_builder().proxy(None).no_delay(false).build().into();
        for _ in 0..REQUESTS {
            agent.post(origin).send("purchaseToken=").unwrap().body_mut().read_to_vec().unwrap();
        }
    });
    assert!(gaps.iter().max().unwrap() > &ACKNOWLEDGED, "{gaps:?}");
}
