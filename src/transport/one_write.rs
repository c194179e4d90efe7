//! Head and body of a request leave together, over TLS as one record: ureq writes each on its own, and a CONNECT in 15
//! pieces. An idle connection is probed once per exchange, where ureq's pool does so twice, and below TLS too, where ureq
//! does not look: bytes that are left over there would be taken for the next reply.

use std::mem;
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::config::Config;
#[cfg(feature = "native-tls")]
use ureq::unversioned::transport::NativeTlsConnector;
#[cfg(feature = "rustls")]
use ureq::unversioned::transport::RustlsConnector;
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, TcpConnector, Transport,
};

use super::Bytes;

/// Held back until there is this much: the longest TLS record.
const MOST_HELD: usize = 16 * 1024;

/// The pool's first look at a connection comes within this time after the reply.
const SAME_MOMENT: Duration = Duration::from_millis(1);

/// ureq's own connectors, with one of these below TLS, and one that its pool holds.
pub(super) fn connector(config: &Config) -> impl Connector {
    let through_proxy = config.proxy().is_some();
    let chain = ().chain(ConnectProxyConnector::default()).chain(TcpConnector::default());
    let chain = chain.chain(OneWrite { below_tls: true, through_proxy });
    #[cfg(feature = "rustls")]
    let chain = chain.chain(RustlsConnector::default());
    #[cfg(feature = "native-tls")]
    let chain = chain.chain(NativeTlsConnector::default());
    chain.chain(OneWrite { below_tls: false, through_proxy })
}

#[derive(Debug)]
struct OneWrite {
    below_tls: bool,
    through_proxy: bool,
}

impl<In: Transport> Connector<In> for OneWrite {
    type Out = HeldOutput<In>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<HeldOutput<In>>, Error> {
        // For the connection to a proxy, ureq runs all connectors with a configuration that names no proxy, and then
        // wraps that connection in the one for its pool.
        let is_pooled = !self.below_tls && details.config.proxy().is_some() == self.through_proxy;
        let records = (self.below_tls && details.needs_tls()).then(Records::default);
        let (holds, held) = (!self.below_tls, Bytes(Vec::new()));
        Ok(chained.map(|inner| HeldOutput { inner, held, holds, is_pooled, read: None, records }))
    }
}

/// Holds what is written until the reply is awaited.
#[derive(Debug)]
struct HeldOutput<T> {
    inner: T,
    held: Bytes,
    /// Round the connection to a proxy only a CONNECT is held: TLS may find a reply without asking for more.
    holds: bool,
    is_pooled: bool,
    /// When a reply was last read, if the pool has not looked since.
    read: Option<Instant>,
    records: Option<Records>,
}

impl<T: Transport> HeldOutput<T> {
    fn flush(&mut self, timeout: NextTimeout) -> Result<(), Error> {
        for part in mem::take(&mut self.held.0).chunks(MOST_HELD) {
            self.inner.buffers().output()[..part.len()].copy_from_slice(part);
            self.inner.transmit_output(part.len(), timeout)?;
        }
        Ok(())
    }
}

impl<T: Transport> Transport for HeldOutput<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.held.0.extend_from_slice(&self.inner.buffers().output()[..amount]);
        if self.holds && self.held.0.len() < MOST_HELD { Ok(()) } else { self.flush(timeout) }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.flush(timeout)?;
        let before = self.inner.buffers().input().len();
        let progress = self.inner.await_input(timeout)?;
        if let Some(records) = &mut self.records {
            records.receive(&self.inner.buffers().input()[before..]);
        }
        self.holds = self.is_pooled;
        self.read = self.is_pooled.then(Instant::now);
        Ok(progress)
    }

    /// The pool asks twice: when a connection comes back, right after a reply, and when it is taken out, which counts.
    fn is_open(&mut self) -> bool {
        let was_just_read = self.read.take().is_some_and(|read| read.elapsed() < SAME_MOMENT);
        let is_whole = self.records.as_ref().is_none_or(|records| records.left == 0 && records.head.is_empty());
        is_whole && self.inner.buffers().input().is_empty() && (was_just_read || self.inner.is_open())
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// Where the last TLS record that was received ends.
#[derive(Debug, Default)]
struct Records {
    /// The part that has come of the five bytes before a record; the last two are its length.
    head: Vec<u8>,
    /// How many bytes of it are still to come.
    left: usize,
}

impl Records {
    fn receive(&mut self, mut bytes: &[u8]) {
        while let Some(first) = bytes.first() {
            let passed = self.left.clamp(1, bytes.len());
            bytes = &bytes[passed..];
            if self.left > 0 {
                self.left -= passed;
                continue;
            }
            self.head.push(*first);
            if let [_, _, _, high, low] = self.head[..] {
                self.left = u16::from_be_bytes([high, low]).into();
                self.head.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_whole_at_their_ends_alone_however_they_arrive() {
        let bytes = [&[22, 3, 3, 0, 2, 1, 2][..], &[23, 3, 3, 1, 0], &[7; 256], &[21, 3, 3, 0, 0]].concat();
        for size in [1, 2, 3, 7, 100, bytes.len()] {
            let (mut records, mut received, mut whole) = (Records::default(), 0, Vec::new());
            for part in bytes.chunks(size) {
                records.receive(part);
                received += part.len();
                if records.left == 0 && records.head.is_empty() {
                    whole.push(received);
                }
            }
            let ends = [7, 268, 273].into_iter().filter(|end| end % size == 0 || *end == bytes.len());
            assert_eq!(whole, ends.collect::<Vec<_>>(), "in parts of {size}");
        }
    }
}
