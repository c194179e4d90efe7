//! The sandbox as its clients see it, over HTTP.

mod api;
mod client;
mod control;
mod guard;
mod load;
mod log;
mod payment;
