use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;

/// What a server does on one connection, step by step. After the last step it closes its side and still reads, so that
/// everything the client sends is counted.
pub type Script = Vec<Step>;

/// Makes the bytes of an answer from the JSON that a gateway in service would give.
pub type Answer = Box<dyn Fn(&str) -> Vec<u8> + Send>;

/// One step of a script. It ends the script when the client is gone.
pub enum Step {
    /// Completes a TLS handshake; everything after it is encrypted.
    Tls(Arc<ServerConfig>),
    /// Reads the head of a request.
    Head,
    /// Reads a whole request.
    Request,
    /// Reads this many bytes, whatever they are.
    Bytes(usize),
    /// Writes an answer to the last request.
    Reply(Answer),
    /// The same, a byte at a time.
    Drip(Answer, Duration),
    /// Writes the same bytes, this many times.
    Flood(Vec<u8>, u64),
    /// Waits.
    Pause(Duration),
    /// Does something else.
    Do(Box<dyn FnMut() + Send>),
    /// Answers every request as a gateway in service does.
    Serve,
    /// Reads, and never writes, until the client gives up.
    Stall,
    /// Closes both sides at once, like a server whose process ends.
    HangUp,
    /// The same with a TCP reset.
    Reset,
}
