//! The SDK against the oracle: on near-valid and random input, on every combination, and on what is sent.

mod callbacks;
mod corpus;
mod document;
mod inputs;
mod never_paid;
mod random;
mod replies;
mod round_trips;
