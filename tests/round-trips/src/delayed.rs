use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes on their way. None at all are the end of the stream.
pub(crate) struct Parcel {
    due: Instant,
    bytes: Vec<u8>,
}

/// Reads at once all that is sent and stamps each part with the time of its own arrival, so the delay keeps the
/// spacing and does not limit the throughput. A broken stream ends as a closed one does.
pub(crate) fn send_off(mut from: TcpStream, queue: &Sender<Parcel>, delay: impl Fn(&[u8]) -> Duration) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).unwrap_or(0);
        let now = Instant::now();
        let bytes = buffer[..length].to_vec();
        let parcel = Parcel { due: now + delay(&bytes), bytes };
        if queue.send(parcel).is_err() || length == 0 {
            break;
        }
    }
}

/// Writes each part when it is due, and closes when the end is. `arrives` is called just before a part is there.
pub(crate) fn deliver(queue: Receiver<Parcel>, mut to: TcpStream, arrives: impl Fn()) {
    for Parcel { due, bytes } in queue {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if bytes.is_empty() {
            break;
        }
        arrives();
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    // Fails when the other end is gone, which is what it is for.
    let _ = to.shutdown(Shutdown::Write);
}
