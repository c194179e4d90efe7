//! x
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod availability;
pub mod callback;
pub mod canned;
mod credentials;
mod error;
mod gateway;
mod origin;
pub mod purchase;
mod reply;
pub mod transport;
pub mod verify;

pub use credentials::Credentials;
pub use error::{Delivery, Error, InvalidInput};
pub use gateway::{Gateway, GatewayBuilder};
