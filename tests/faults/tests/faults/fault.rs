//! A fault of the table, which first the call and then the check meets.

use std::iter;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};
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
    /// Https through an HTTP proxy, from a process with a proxy variable.
    Proxy,
}

/// What makes the calls.
pub(crate) enum Caller {
    Here(Gateway),
    /// A process of its own, one call after the other.
    Process(Mutex<Client>),
}

impl Caller {
    pub(crate) fn call(&self, call: Call) -> CallOutcome {
        match self {
            Caller::Here(gateway) => call.make(gateway),
            Caller::Process(client) => client.lock().unwrap().call(call).outcome,
        }
    }

    pub(crate) fn end(self) {
        if let Caller::Process(client) = self {
            client.into_inner().unwrap().end();
        }
    }

    /// Another one, of the same gateway if that is possible.
    pub(crate) fn another(&self, front: Front, address: SocketAddr, timeout: Duration) -> Caller {
        match self {
            Caller::Here(gateway) => Caller::Here(gateway.clone()),
            Caller::Process(_) => front.caller(address, timeout),
        }
    }
}

impl Front {
    pub(crate) const ALL: [Front; 3] = [Front::Plain, Front::Tls, Front::Proxy];

    /// What comes before the first request if nothing fails, and then these steps.
    pub(crate) fn then(self, steps: impl IntoIterator<Item = Step>) -> Script {
        let greeting = match self {
            Front::Plain => vec![],
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

    /// A process that calls a server at this address.
    pub(crate) fn client(self, address: SocketAddr, timeout: Duration) -> Client {
        let origin = self.origin(address);
        match self {
            Front::Plain | Front::Tls => Client::new(&origin, timeout, &[]),
            Front::Proxy => Client::new("https://gateway.invalid", timeout, &[("https_proxy", &origin)]),
        }
    }

    pub(crate) fn caller(self, address: SocketAddr, timeout: Duration) -> Caller {
        match self {
            Front::Plain | Front::Tls => Caller::Here(gateway(&self.origin(address), timeout)),
            Front::Proxy => Caller::Process(Mutex::new(self.client(address, timeout))),
        }
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
    /// Whether the client is a process of its own, whose memory is measured.
    measured: bool,
}

impl Fault {
    /// The steps begin where a request is about to arrive.
    pub(crate) fn new(name: impl ToString, steps: impl IntoIterator<Item = Step>) -> Fault {
        let (name, steps) = (name.to_string(), steps.into_iter().collect());
        Fault { name, steps, front: Front::Plain, new_connection: false, measured: false }
    }

    /// The steps begin where a connection is about to be opened.
    pub(crate) fn connecting(front: Front, name: &str, steps: impl IntoIterator<Item = Step>) -> Fault {
        Fault { new_connection: true, ..Fault::new(name, steps).behind(front) }
    }

    pub(crate) fn behind(self, front: Front) -> Fault {
        Fault { front, ..self }
    }

    pub(crate) fn measured(self) -> Fault {
        Fault { measured: true, ..self }
    }

    /// What becomes of a call that meets the fault after a check that passed; and of a check that meets it: either it
    /// passes, or nothing is sent after it. A call that is expected to time out gets a short timeout.
    pub(crate) fn becomes(self, call: &str, check: &str) {
        assert!(check.ends_with(": not sent") || ["success", "Unavailable"].contains(&check));
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
        if !self.measured {
            let caller = self.front.caller(address, timeout);
            let outcome = caller.call(call);
            caller.end();
            return outcome;
        }
        let mut client = self.front.client(address, timeout);
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
