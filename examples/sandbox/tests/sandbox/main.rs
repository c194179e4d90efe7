//! The sandbox from outside: over HTTP, byte for byte where it matters.

mod api;
mod client;
mod dashboard;
mod http;
mod journal;
mod payment;
mod samples;
mod shop;
mod stop;
mod trouble;
