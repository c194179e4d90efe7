//! The SDK against the oracle: with near-valid and with random input, in every combination, and in full circle.

mod callbacks;
mod corpus;
mod document;
mod inputs;
mod never_paid;
mod random;
mod replies;
mod round_trips;
