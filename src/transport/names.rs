//! The look-up of names. ureq itself looks a name up at every exchange, in a thread of its own.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// How long addresses are used before the name is looked up again: libcurl's default.
const FRESH: Duration = Duration::from_secs(60);

/// How long they may be used while look-ups fail. TLS shows whether the gateway is still there.
const USABLE: Duration = Duration::from_secs(86_400);

/// How long to wait for a look-up if there are older addresses.
const PATIENCE: Duration = Duration::from_secs(5);

type LookUp = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// The resolver of one agent, which asks for one name only: the gateway's, or its proxy's.
#[derive(Clone)]
pub(super) struct Names(Arc<Shared>);

struct Shared {
    look_up: Box<LookUp>,
    state: Mutex<State>,
    look_up_ended: Condvar,
}

#[derive(Default)]
struct State {
    addresses: Vec<SocketAddr>,
    /// When these addresses were found.
    found: Option<Instant>,
    /// When the last look-up ended; `None` after a failed exchange.
    asked: Option<Instant>,
    /// When the running look-up began. There is never a second one, however long the first one takes.
    under_way: Option<Instant>,
    /// How many look-ups have ended, and how the last one failed.
    ended: u64,
    failure: Option<Arc<io::Error>>,
}

impl Names {
    /// Asks the operating system.
    pub(super) fn new() -> Names {
        Names::by(|target| target.to_socket_addrs().map(Iterator::collect))
    }

    pub(super) fn by(look_up: impl Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static) -> Names {
        let (state, look_up_ended) = (Mutex::default(), Condvar::new());
        Names(Arc::new(Shared { look_up: Box::new(look_up), state, look_up_ended }))
    }

    /// After a failed exchange: the gateway may have moved.
    pub(super) fn forget(&self) {
        self.state().asked = None;
    }

    /// The addresses of a host and port.
    fn addresses(&self, target: &str, timeout: NextTimeout) -> Result<Vec<SocketAddr>, Error> {
        let mut state = self.state();
        let now = Instant::now();
        if let Some(fresh) = state.fresh(now) {
            return Ok(fresh);
        }
        if state.under_way.is_none() {
            if let Err(error) = self.start_look_up(target) {
                return state.usable(now).ok_or(Error::Io(error));
            }
            state.under_way = Some(now);
        }
        let (longest, before) = (state.patience(*timeout.after, now), state.ended);
        let waited = self.0.look_up_ended.wait_timeout_while(state, longest, |state| state.ended == before);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.usable(Instant::now()).ok_or_else(|| match &state.failure {
            Some(failure) if state.ended > before => Error::Io(io::Error::new(failure.kind(), Arc::clone(failure))),
            _ => Error::Timeout(timeout.reason),
        })
    }

    /// In a thread, because the operating system may take its time.
    fn start_look_up(&self, target: &str) -> io::Result<()> {
        let (names, target) = (self.clone(), target.to_owned());
        let look_up = move || {
            let found = (names.0.look_up)(&target);
            names.state().learn(found, Instant::now());
            names.0.look_up_ended.notify_all();
        };
        let thread = thread::Builder::new().name("name look-up".to_owned()).spawn(look_up).map(drop);
        thread.map_err(|error| io::Error::new(error.kind(), format!("no thread to look up the name: {error}")))
    }

    /// No code panics while it holds the lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names")
    }
}

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, _: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let target = uri.scheme().zip(uri.authority());
        let target = target.and_then(|(scheme, authority)| DefaultResolver::host_and_port(scheme, authority));
        let target = target.ok_or(Error::HostNotFound)?;
        let addresses = match without_look_up(&target) {
            Some(addresses) => addresses,
            None => self.addresses(&target, timeout)?,
        };
        let mut resolved = self.empty();
        // ureq accepts no more than 16.
        addresses.into_iter().take(16).for_each(|address| resolved.push(address));
        if resolved.is_empty() { Err(Error::HostNotFound) } else { Ok(resolved) }
    }
}

/// An address is its own, and `localhost` is this machine, whatever `/etc/hosts` says.
fn without_look_up(target: &str) -> Option<Vec<SocketAddr>> {
    let (host, port) = target.rsplit_once(':')?;
    if host.eq_ignore_ascii_case("localhost") {
        let port = port.parse().ok()?;
        return Some(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
    }
    target.parse().ok().map(|address| vec![address])
}

impl State {
    fn learn(&mut self, found: io::Result<Vec<SocketAddr>>, now: Instant) {
        match found {
            Ok(mut addresses) => {
                // A machine without IPv4 refuses it at once; a broken IPv6 path is silent.
                addresses.sort_by_key(SocketAddr::is_ipv6);
                (self.addresses, self.found, self.failure) = (addresses, Some(now), None);
            }
            // The older addresses are used until the next look-up.
            Err(error) => self.failure = Some(Arc::new(error)),
        }
        (self.asked, self.under_way) = (Some(now), None);
        self.ended += 1;
    }

    fn fresh(&self, now: Instant) -> Option<Vec<SocketAddr>> {
        self.usable(now).filter(|_| self.asked.is_some_and(|asked| now - asked < FRESH))
    }

    fn usable(&self, now: Instant) -> Option<Vec<SocketAddr>> {
        self.found.filter(|found| now - *found < USABLE).map(|_| self.addresses.clone())
    }

    /// How long to wait for the running look-up. With older addresses, half of a short timeout is kept for connecting.
    fn patience(&self, timeout: Duration, now: Instant) -> Duration {
        match (self.usable(now), self.under_way) {
            (Some(_), Some(began)) => PATIENCE.saturating_sub(now - began).min(timeout / 2),
            _ => timeout,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::{Sender, channel};

    use ureq::Timeout;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn addresses() -> Vec<SocketAddr> {
        ["[2001:db8::1]:443", "192.0.2.1:443"].map(|address| address.parse().unwrap()).into()
    }

    fn failure() -> io::Result<Vec<SocketAddr>> {
        Err(io::Error::other("no such host"))
    }

    /// The first address, or the text of the error.
    fn ask(names: &Names, timeout: Duration) -> Result<String, String> {
        let timeout = NextTimeout { after: timeout.into(), reason: Timeout::Resolve, ..NextTimeout::default() };
        let resolved = names.resolve(&"https://gateway.test".parse().unwrap(), &Config::default(), timeout);
        resolved.map(|addresses| addresses[0].to_string()).map_err(|error| error.to_string())
    }

    /// A name server that says what the sender sends, and stays silent until then; and how often it was asked.
    fn served() -> (Names, Sender<io::Result<Vec<SocketAddr>>>, Arc<AtomicUsize>) {
        let (sender, receiver) = channel();
        let (receiver, asked) = (Mutex::new(receiver), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&asked);
        let look_up = move |target: &str| {
            assert_eq!(target, "gateway.test:443");
            count.fetch_add(1, Ordering::SeqCst);
            receiver.lock().unwrap().recv().unwrap_or_else(|_| failure())
        };
        (Names::by(look_up), sender, asked)
    }

    #[test]
    fn a_name_is_looked_up_once_and_ipv4_comes_first() {
        let (names, server, asked) = served();
        server.send(Ok(addresses())).unwrap();
        for _ in 0..3 {
            assert_eq!(ask(&names, 10 * SECOND).unwrap(), "192.0.2.1:443");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        // After a failed exchange it is looked up again: the gateway has moved.
        names.forget();
        server.send(Ok(vec!["192.0.2.2:443".parse().unwrap()])).unwrap();
        assert_eq!(ask(&names, 10 * SECOND).unwrap(), "192.0.2.2:443");
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_silent_name_server_is_asked_once_however_many_wait() {
        let (names, server, asked) = served();
        thread::scope(|scope| {
            let wait = || assert_eq!(ask(&names, SECOND / 5).unwrap_err(), "timeout: resolve");
            (0..64).for_each(|_| drop(scope.spawn(wait)));
        });
        assert!(ask(&names, SECOND / 5).is_err());
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        // Its late answer counts.
        server.send(Ok(addresses())).unwrap();
        assert!(ask(&names, 10 * SECOND).is_ok());
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_failed_look_up_is_told_from_a_silent_one_and_old_addresses_serve_meanwhile() {
        let (names, server, asked) = served();
        server.send(failure()).unwrap();
        assert_eq!(ask(&names, 10 * SECOND).unwrap_err(), "io: no such host");
        assert_eq!(ask(&names, SECOND / 5).unwrap_err(), "timeout: resolve");
        server.send(Ok(addresses())).unwrap();
        assert!(ask(&names, 10 * SECOND).is_ok());
        names.forget();
        server.send(failure()).unwrap();
        assert!(ask(&names, 10 * SECOND).is_ok());
        // For a minute it is not asked again; then it is silent.
        assert!(ask(&names, 10 * SECOND).is_ok());
        assert_eq!(asked.load(Ordering::SeqCst), 3);
        names.forget();
        assert!(ask(&names, SECOND / 5).is_ok());
        drop(server);
    }

    #[test]
    fn addresses_are_fresh_for_a_minute_and_usable_for_a_day() {
        let (start, mut state) = (Instant::now(), State::default());
        state.learn(Ok(addresses()), start);
        let kept = |state: &State, seconds: u64| {
            let now = start + Duration::from_secs(seconds);
            (state.fresh(now).is_some(), state.usable(now).is_some())
        };
        assert_eq!(
            [59, 60, 86_399, 86_400].map(|at| kept(&state, at)),
            [(true, true), (false, true), (false, true), (false, false)]
        );
        // A failure puts the next look-up off, and makes nothing usable for longer.
        state.learn(failure(), start + Duration::from_secs(86_390));
        assert_eq!([86_399, 86_400].map(|at| kept(&state, at)), [(true, true), (false, false)]);
    }

    #[test]
    fn a_look_up_may_take_all_the_time_or_five_seconds_if_there_are_old_addresses() {
        let (start, mut state) = (Instant::now(), State::default());
        state.under_way = Some(start);
        assert_eq!(state.patience(30 * SECOND, start), 30 * SECOND);
        state.learn(Ok(addresses()), start);
        state.under_way = Some(start);
        assert_eq!(state.patience(30 * SECOND, start), 5 * SECOND);
        assert_eq!(state.patience(30 * SECOND, start + 4 * SECOND), SECOND);
        assert_eq!(state.patience(30 * SECOND, start + 9 * SECOND), Duration::ZERO);
        assert_eq!(state.patience(4 * SECOND, start), 2 * SECOND);
    }

    #[test]
    fn an_address_and_localhost_are_never_looked_up() {
        for (target, expected) in [
            ("127.0.0.1:8099", &["127.0.0.1:8099"][..]),
            ("[::1]:443", &["[::1]:443"]),
            ("localhost:443", &["127.0.0.1:443", "[::1]:443"]),
            ("LocalHost:8099", &["127.0.0.1:8099", "[::1]:8099"]),
        ] {
            let addresses: Vec<_> = without_look_up(target).unwrap().iter().map(ToString::to_string).collect();
            assert_eq!(addresses, expected);
        }
        assert!(without_look_up("localhost.example:443").is_none());
    }
}
