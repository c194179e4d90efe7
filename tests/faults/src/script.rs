use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;

/// What a server does on one connection, step by step. When the steps are over it closes its side, and still reads,
/// so that nothing the client sends goes uncounted.
pub type Script = Vec<Step>;

/// Makes the bytes of an answer from the JSON that a gateway in service would give.
pub type Answer = Box<dyn Fn(&str) -> Vec<u8> + Send>;

/// One step of a script. It ends the script when the client is gone.
pub enum Step {
    /// Shakes hands; all that follows is encrypted.
    Tls(Arc<ServerConfig>),
    /// Reads the head of a request.
    Head,
    /// Reads a whole request.
    Request,
    /// Reads this many bytes, of whatever they are.
    Bytes(usize),
    /// Writes an answer to the last request.
    Reply(Answer),
    /// The same, a byte at a time.
    Drip(Answer, Duration),
    /// Writes the same bytes, this many times.
    Flood(Vec<u8>, u64),
    /// Does nothing for a while.
    Pause(Duration),
    /// Does something else.
    Do(Box<dyn FnMut() + Send>),
    /// Answers every request as a gateway in service does.
    Serve,
    /// Reads, and never writes, until the client gives up.
    Stall,
    /// Closes both sides at once, as a server whose process ends.
    HangUp,
    /// The same with a TCP reset.
    Reset,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Step")
    }
}
