use std::error::Error;
use std::time::{Duration, Instant};

use ekolopay::{Credentials, Gateway};
use ekolopay_tls_tests::Authority;

use crate::{Afterwards, Crossed, Relay, Served, Server};

/// A gateway at the other end of a long line.
#[derive(Debug)]
pub struct FarGateway {
    round_trip: Duration,
    server: Server,
    relay: Relay,
    /// Whom clients are to trust; without, the gateway speaks plain HTTP.
    authority: Option<Authority>,
}

/// What a call cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// What crossed the line, by the relay's count.
    pub crossed: Crossed,
    /// What the server saw.
    pub served: Served,
    /// How long it took, in round-trip times.
    pub elapsed: f64,
}

impl FarGateway {
    /// One that speaks TLS and keeps connections open.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub fn tls(round_trip: Duration) -> Result<FarGateway, Box<dyn Error>> {
        let authority = Authority::new();
        let server = Server::start(Some(authority.config("127.0.0.1")), Afterwards::KeepOpen)?;
        FarGateway::new(round_trip, server, Some(authority))
    }

    /// This server, which proves with this authority to be 127.0.0.1, or speaks plain HTTP.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub fn new(
        round_trip: Duration,
        server: Server,
        authority: Option<Authority>,
    ) -> Result<FarGateway, Box<dyn Error>> {
        let relay = Relay::start(server.address(), round_trip)?;
        Ok(FarGateway { round_trip, server, relay, authority })
    }

    /// The SDK's client of it, not yet connected.
    ///
    /// # Errors
    ///
    /// Those of the SDK.
    pub fn gateway(&self) -> Result<Gateway, ekolopay::Error> {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        let builder = Gateway::builder(Credentials::new("demo", "a-secret-key")?);
        let builder = builder.origin(&format!("{scheme}://{}", self.relay.address()));
        match &self.authority {
            Some(authority) => builder.root_certificates(authority.pem().as_bytes()).build(),
            None => builder.build(),
        }
    }

    /// What these calls cost, made one after the other while nobody else makes any, and what came of them.
    pub fn cost<T>(&self, calls: impl FnOnce() -> T) -> (Cost, T) {
        let (crossed, served, started) = (self.relay.crossed(), self.server.served(), Instant::now());
        let outcome = calls();
        let elapsed = started.elapsed().as_secs_f64() / self.round_trip.as_secs_f64();
        let (crossed, served) = (self.relay.crossed() - crossed, self.server.served() - served);
        (Cost { crossed, served, elapsed }, outcome)
    }
}
