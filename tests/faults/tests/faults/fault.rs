//! A fault of the table, which first the call and then the check meets.

use std::iter;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use ekolopay::{Credentials, Gateway};
use ekolopay_faults::{Call, CallOutcome, FaultServer, Script, Step, logs};
use ekolopay_test_kit::{Authority, secret};
use rustls::ServerConfig;

use crate::client::Client;
use crate::judge;

/// Long enough for every call that is answered.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// The authority that clients trust.
pub(crate) static AUTHORITY: LazyLock<Authority> = LazyLock::new(Authority::new);
static LOOPBACK: LazyLock<Arc<ServerConfig>> = LazyLock::new(|| AUTHORITY.config("127.0.0.1"));
static BEHIND_A_PROXY: LazyLock<Arc<ServerConfig>> = LazyLock::new(|| AUTHORITY.config("gateway.invalid"));

/// How the gateway is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front {
    Plain,
    Tls,
    /// From a process of its own, whose memory is measured.
    Process,
    /// Https through an HTTP proxy, from a process with a proxy variable.
    Proxy,
}

impl Front {
    /// What comes before the first request if nothing fails, and then these steps.
    pub(crate) fn then(self, steps: impl IntoIterator<Item = Step>) -> Script {
        let greeting = match self {
            Front::Plain | Front::Process => vec![],
            Front::Tls => vec![Step::Tls(Arc::clone(&LOOPBACK))],
            Front::Proxy => proxied(Arc::clone(&BEHIND_A_PROXY)).to_vec(),
        };
        greeting.into_iter().chain(steps).collect()
    }

    /// The origin of a server at this address, without a proxy.
    pub(crate) fn origin(self, address: SocketAddr) -> String {
        let scheme = if self == Front::Tls { "https" } else { "http" };
        format!("{scheme}://{address}")
    }
}

/// A proxy connects, and the gateway behind it completes a TLS handshake.
pub(crate) fn proxied(config: Arc<ServerConfig>) -> [Step; 3] {
    [Step::Head, Step::reply(|_| b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), Step::Tls(config)]
}

/// What meets the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hit {
    Check,
    Call,
}

pub(crate) struct Fault {
    name: String,
    steps: Script,
    front: Front,
    new_connection: bool,
}

impl Fault {
    /// The steps begin where a request is about to arrive.
    pub(crate) fn new(name: impl ToString, steps: impl IntoIterator<Item = Step>) -> Fault {
        let (name, steps) = (name.to_string(), steps.into_iter().collect());
        Fault { name, steps, front: Front::Plain, new_connection: false }
    }

    /// The steps begin where a connection is about to be opened.
    pub(crate) fn connecting(front: Front, name: &str, steps: impl IntoIterator<Item = Step>) -> Fault {
        Fault { new_connection: true, ..Fault::new(name, steps).behind(front) }
    }

    pub(crate) fn behind(self, front: Front) -> Fault {
        Fault { front, ..self }
    }

    /// What becomes of a call that meets the fault after a check that passed; and of a check that meets it: either it
    /// passes, or nothing is sent after it. A call that is expected to time out gets a short timeout.
    pub(crate) fn becomes(self, call: &str, check: &str) {
        assert!(check.ends_with(": NotSent") || check == "success");
        let steps = || self.steps.clone();
        if self.new_connection {
            self.hit(Hit::Call, &[self.front.then([Step::LAST_ANSWER]), steps()], call);
            self.hit(Hit::Check, &[steps()], check);
        } else {
            self.hit(Hit::Call, &[self.front.then(iter::once(Step::Answer("")).chain(steps()))], call);
            self.hit(Hit::Check, &[self.front.then(steps())], check);
        }
    }

    /// Both calls, at the same time.
    fn hit(&self, hit: Hit, scripts: &[Script], expected: &str) {
        thread::scope(|scope| {
            scope.spawn(|| self.play(hit, Call::Token(150_000), scripts.to_vec(), expected));
            self.play(hit, Call::Payment(0), scripts.to_vec(), expected);
        });
    }

    fn play(&self, hit: Hit, call: Call, scripts: Vec<Script>, expected: &str) {
        let timeout = if expected.contains("timeout") { Duration::from_secs(1) } else { TIMEOUT };
        let context = format!("{}, {hit:?}, {call:?}", self.name);
        let (front, connections) = (self.front, scripts.len());
        let others = iter::repeat_with(move || front.then([Step::Serve]));
        let server = FaultServer::start(scripts.into_iter().chain(others));
        let (outcome, received) = judge::call(timeout, server, |address| self.make(call, address, timeout));
        let what = outcome.what;
        // Nothing is tried again, nor in another way, such as in plain text after TLS failed.
        let again = what != "success" && received.connections > connections;
        assert!(!again, "{context}: another connection");
        assert!(expected.split(" or ").any(|expected| expected == what), "{context}: {what}, expected {expected}");
        let calls = usize::from(hit == Hit::Call || what == "success");
        assert!(received.calls().len() <= calls, "{context}: {received:?}");
    }

    fn make(&self, call: Call, address: SocketAddr, timeout: Duration) -> CallOutcome {
        let origin = self.front.origin(address);
        let mut client = match self.front {
            Front::Plain | Front::Tls => return call.make(&gateway(&origin, timeout)),
            Front::Process => Client::new(&origin, timeout, &[]),
            Front::Proxy => Client::new("https://gateway.invalid", timeout, &[("https_proxy", &origin)]),
        };
        let report = client.call(call);
        client.end();
        assert!(report.growth < 8 << 10, "{}: {} KiB more memory", self.name, report.growth);
        report.outcome
    }
}

/// A gateway with the secret that all tests look for.
pub(crate) fn gateway(origin: &str, timeout: Duration) -> Gateway {
    logs::watch();
    let builder = Gateway::builder(Credentials::new("demo", secret()).unwrap()).origin(origin).timeout(timeout);
    let tls = origin.starts_with("https:");
    let builder = if tls { builder.root_certificates(AUTHORITY.pem().as_bytes()) } else { builder };
    builder.build().unwrap()
}

/// A complete answer, after which the connection can be used again.
pub(crate) fn answer(bytes: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> [Step; 3] {
    [Step::Request, Step::reply(bytes), Step::Serve]
}

/// An answer after which the connection is closed.
pub(crate) fn last_answer(bytes: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> [Step; 2] {
    [Step::Request, Step::reply(bytes)]
}
