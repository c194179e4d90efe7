//! The look-up of names. ureq itself looks a name up at every exchange, in a thread of its own.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

/// How long addresses are used before the name is looked up again: libcurl's default.
const FRESH: Duration = Duration::from_secs(60);

/// How long they may be used while look-ups fail. TLS shows whether the gateway is still there.
const USABLE: Duration = Duration::from_secs(86_400);

/// How long to wait for a look-up if there are older addresses.
const PATIENCE: Duration = Duration::from_secs(5);

/// ureq accepts no more.
const MOST_ADDRESSES: usize = 16;

/// The resolver of one agent. An agent only asks for one name: the gateway's, or its proxy's.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(Arc<Mutex<Arc<Name>>>);

/// A host and port with its addresses.
#[derive(Debug, Default)]
struct Name {
    target: String,
    state: Mutex<State>,
    look_up_ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    known: Option<Known>,
    /// When the running look-up began. There is never a second one, however long the first one takes.
    under_way: Option<Instant>,
    /// How many look-ups have ended, and how the last one failed.
    ended: u64,
    failure: Option<Arc<io::Error>>,
}

#[derive(Debug)]
struct Known {
    addresses: Vec<SocketAddr>,
    fresh_until: Instant,
    usable_until: Instant,
}

impl Names {
    pub(super) fn agent(config: Config) -> (Agent, Names) {
        let names = Names::default();
        (Agent::with_parts(config, DefaultConnector::default(), names.clone()), names)
    }

    /// After a failed exchange: the gateway may have moved.
    pub(super) fn forget(&self) {
        let name = Arc::clone(&lock(&self.0));
        if let Some(known) = &mut lock(&name.state).known {
            known.fresh_until = Instant::now();
        }
    }

    fn name(&self, target: String) -> Arc<Name> {
        let mut name = lock(&self.0);
        if name.target != target {
            *name = Arc::new(Name { target, ..Name::default() });
        }
        Arc::clone(&name)
    }
}

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, _: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let target = uri.scheme().zip(uri.authority());
        let target = target.and_then(|(scheme, authority)| DefaultResolver::host_and_port(scheme, authority));
        let target = target.ok_or(Error::HostNotFound)?;
        let addresses = match target.parse() {
            Ok(literal) => vec![literal],
            Err(_) => self.name(target).addresses(timeout)?,
        };
        let mut resolved = self.empty();
        addresses.into_iter().take(MOST_ADDRESSES).for_each(|address| resolved.push(address));
        if resolved.is_empty() { Err(Error::HostNotFound) } else { Ok(resolved) }
    }
}

impl Name {
    fn addresses(self: Arc<Name>, timeout: NextTimeout) -> Result<Vec<SocketAddr>, Error> {
        let mut state = lock(&self.state);
        let now = Instant::now();
        if let Some(known) = state.known.as_ref().filter(|known| now < known.fresh_until) {
            return Ok(known.addresses.clone());
        }
        if state.under_way.is_none() {
            if let Err(error) = self.look_up() {
                return state.usable().ok_or(Error::Io(error));
            }
            state.under_way = Some(now);
        }
        let longest = match (state.usable(), state.under_way) {
            // Half of a short timeout is kept for connecting.
            (Some(_), Some(began)) => PATIENCE.saturating_sub(began.elapsed()).min(*timeout.after / 2),
            _ => *timeout.after,
        };
        let before = state.ended;
        let waited = self.look_up_ended.wait_timeout_while(state, longest, |state| state.ended == before);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.usable().ok_or_else(|| match &state.failure {
            Some(failure) if state.ended > before => Error::Io(io::Error::new(failure.kind(), Arc::clone(failure))),
            _ => Error::Timeout(timeout.reason),
        })
    }

    /// In a thread, because the operating system may take its time.
    fn look_up(self: &Arc<Name>) -> io::Result<()> {
        let name = Arc::clone(self);
        let look_up = move || {
            let found = name.target.to_socket_addrs();
            lock(&name.state).learn(found);
            name.look_up_ended.notify_all();
        };
        let thread = thread::Builder::new().name("name look-up".to_owned()).spawn(look_up);
        thread
            .map(drop)
            .map_err(|error| io::Error::new(error.kind(), format!("no thread to look up the name: {error}")))
    }
}

impl State {
    fn learn(&mut self, found: io::Result<impl Iterator<Item = SocketAddr>>) {
        let now = Instant::now();
        let (fresh_until, usable_until) = (now + FRESH, now + USABLE);
        match found {
            Ok(found) => {
                let mut addresses: Vec<_> = found.collect();
                // A machine without IPv4 refuses it at once; a broken IPv6 path is silent.
                addresses.sort_by_key(SocketAddr::is_ipv6);
                self.known = Some(Known { addresses, fresh_until, usable_until });
                self.failure = None;
            }
            Err(error) => {
                // The older addresses are used until the next look-up.
                self.known = self.known.take().filter(Known::is_usable).map(|known| Known { fresh_until, ..known });
                self.failure = Some(Arc::new(error));
            }
        }
        self.under_way = None;
        self.ended += 1;
    }

    fn usable(&self) -> Option<Vec<SocketAddr>> {
        self.known.as_ref().filter(|known| known.is_usable()).map(|known| known.addresses.clone())
    }
}

impl Known {
    fn is_usable(&self) -> bool {
        Instant::now() < self.usable_until
    }
}

/// No code panics while it holds one of these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    /// A test cannot wait a minute, or a day.
    #[test]
    fn addresses_are_fresh_for_a_minute_and_usable_for_a_day() {
        let mut state = State::default();
        let mut look_up = |found| {
            state.learn(found);
            state.known.take()
        };
        let addresses = || vec![SocketAddr::from(([127, 0, 0, 1], 443))].into_iter();
        let mut known = look_up(Ok(addresses())).unwrap();
        assert_eq!(known.usable_until - known.fresh_until, Duration::from_secs(86_400 - 60));
        for (left, is_usable) in [(10, true), (0, false)] {
            known.usable_until = Instant::now() + Duration::from_secs(left);
            assert_eq!(known.is_usable(), is_usable);
        }
    }
}
