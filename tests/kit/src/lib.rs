//! What the tests share. It knows nothing of the SDK, so that each checks the other.

#[cfg(feature = "tls")]
mod authority;
mod connection;
mod secret;
mod server;

#[cfg(feature = "tls")]
pub use authority::Authority;
pub use connection::{Answer, Connection, RawRequest, Script, response, response_with};
pub use secret::{assert_hidden, secret, spellings};
pub use server::Server;

// The documentation's own demo merchant, key and token.
pub const API_CLIENT: &str = "demo";
pub const SECRET_KEY: &str = "054e9a59-ab57-4e9a-940d-97e6b940d875";
pub const KEPT_TOKEN: &str = "940d4e9aab5797e6055e1259b84a9875";

/// An error as it would be logged: its `Display`, its `Debug`, and those of all its sources.
pub fn all_texts(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(|error| format!("{error}\n{error:?}\n")).collect()
}
