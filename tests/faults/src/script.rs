use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;

/// What a server does on one connection, step by step. After the last step it closes its side and still reads, so that
/// everything the client sends is counted.
pub type Script = Vec<Step>;

/// Makes the bytes of an answer from the JSON that a gateway in service would give.
pub type ReplyBytes = Arc<dyn Fn(&str) -> Vec<u8> + Send + Sync>;

/// One step of a script. It ends the script when the client is gone.
#[derive(Clone)]
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
    Reply(ReplyBytes),
    /// The same, a byte at a time.
    Drip(ReplyBytes, Duration),
    /// Writes the same bytes, this many times.
    Flood(Vec<u8>, u64),
    /// Reads a request and answers it as a gateway in service does, with these header lines added.
    Answer(&'static str),
    /// Answers every request like that.
    Serve,
    /// Waits.
    Pause(Duration),
    /// Does something else.
    Do(Arc<dyn Fn() + Send + Sync>),
    /// Reads, and never writes, until the client gives up.
    Stall,
    /// Closes both sides at once, like a server whose process ends.
    HangUp,
    /// The same with a TCP reset.
    Reset,
}

impl Step {
    /// Answers a request and announces that the connection is closed.
    pub const LAST_ANSWER: Step = Step::Answer("Connection: close\r\n");

    /// Writes an answer to the last request.
    pub fn reply(bytes: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Step {
        Step::Reply(Arc::new(bytes))
    }
}
