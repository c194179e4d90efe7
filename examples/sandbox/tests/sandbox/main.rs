//! The sandbox as its clients see it, over HTTP.

mod api;
mod client;
mod dashboard;
mod http;
mod journal;
mod payment;
mod samples;
mod stop;
mod trouble;
