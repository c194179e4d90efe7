//! Head and body of a request leave together, over TLS as one record: ureq writes each on its own, and a CONNECT in 15
//! pieces. And the connection is probed once an exchange: ureq's pool does so twice.

use std::mem;

use ureq::Error;
use ureq::config::Config;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport};

/// No more than this is held back.
const MOST_HELD: usize = 16 * 1024;

/// ureq's own connectors, with this one after them.
pub(super) fn connector(config: &Config) -> impl Connector {
    DefaultConnector::default().chain(OneWrite { through_proxy: config.proxy().is_some() })
}

#[derive(Debug)]
struct OneWrite {
    through_proxy: bool,
}

impl<In: Transport> Connector<In> for OneWrite {
    type Out = HeldOutput<In>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<HeldOutput<In>>, Error> {
        // For the connection to a proxy, ureq runs all connectors with a configuration that names no proxy, and then
        // wraps that connection in the one for its pool.
        let pooled = details.config.proxy().is_some() == self.through_proxy;
        Ok(chained.map(|inner| HeldOutput { inner, held: Vec::new(), pooled, just_read: false }))
    }
}

/// Holds what is written until the reply is awaited.
#[derive(Debug)]
struct HeldOutput<T> {
    inner: T,
    held: Vec<u8>,
    /// Whether ureq's pool holds this connection itself, and not one that is wrapped round it.
    pooled: bool,
    just_read: bool,
}

impl<T: Transport> HeldOutput<T> {
    fn flush(&mut self, timeout: NextTimeout) -> Result<(), Error> {
        // Taken out, so that nothing is written twice if this fails.
        let mut held = mem::take(&mut self.held);
        for part in held.chunks(MOST_HELD) {
            self.inner.buffers().output()[..part.len()].copy_from_slice(part);
            self.inner.transmit_output(part.len(), timeout)?;
        }
        held.clear();
        self.held = held;
        Ok(())
    }
}

impl<T: Transport> Transport for HeldOutput<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.held.extend_from_slice(&self.inner.buffers().output()[..amount]);
        if self.held.len() < MOST_HELD { Ok(()) } else { self.flush(timeout) }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.flush(timeout)?;
        self.just_read = self.pooled;
        self.inner.await_input(timeout)
    }

    /// The pool asks twice: when a connection comes back, right after a reply, and when it is taken out, which counts.
    /// Bytes that are left over are never the beginning of the next reply.
    fn is_open(&mut self) -> bool {
        self.inner.buffers().input().is_empty() && (mem::take(&mut self.just_read) || self.inner.is_open())
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}
