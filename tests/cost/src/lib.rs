//! What the measurements share: the check by hand, the clients that are compared, and the clock of their turns.

#[cfg(feature = "by-hand")]
pub mod by_hand;
#[cfg(feature = "peers")]
pub mod peers;
