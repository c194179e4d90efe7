//! The sandbox as its clients see it, over HTTP.

mod api;
mod client;
mod dashboard;
mod flags;
mod guard;
mod journal;
mod payment;
mod routes;
mod samples;
mod stop;
mod trouble;
