//! A fault, which first the call and then the check meets.

use std::cmp::Ordering;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use ekolopay::{Credentials, Gateway};
use ekolopay_faults::service::{answer, last_answer, reply, serve};
use ekolopay_faults::{Call, Outcome, logs};
use ekolopay_test_kit::{Authority, Connection, Script, Server, secret};
use rustls::ServerConfig;
use socket2::SockRef;

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
    /// Https through an HTTP proxy, from a process with a proxy variable. Its memory is measured.
    Proxy,
}

impl Front {
    pub(crate) const ALL: [Front; 3] = [Front::Plain, Front::Tls, Front::Proxy];

    /// Whether a connection is used again. Without the feature, each exchange over TLS has one of its own.
    pub(crate) fn reuses(self) -> bool {
        cfg!(feature = "ureq-unversioned") || self == Front::Plain
    }

    /// What comes before the first request if nothing fails.
    pub(crate) fn greet(self, connection: &mut Connection) -> io::Result<()> {
        match self {
            Front::Plain => Ok(()),
            Front::Tls => connection.tls(&LOOPBACK),
            Front::Proxy => {
                connection.request()?;
                connection.write(b"HTTP/1.1 200 OK\r\n\r\n")?;
                connection.tls(&BEHIND_A_PROXY)
            }
        }
    }

    /// Calls a server at this address.
    pub(crate) fn caller(self, address: SocketAddr, timeout: Duration) -> Caller {
        let environment = [("FAULTS_ROOTS", &*AUTHORITY.pem()), ("https_proxy", &format!("http://{address}"))];
        match self {
            Front::Plain => Caller::Here(gateway(&format!("http://{address}"), timeout)),
            Front::Tls => Caller::Here(gateway(&format!("https://{address}"), timeout)),
            Front::Proxy => Caller::Process(Mutex::new(Client::new("https://gateway.invalid", timeout, &environment))),
        }
    }
}

/// What makes the calls.
pub(crate) enum Caller {
    Here(Gateway),
    /// A process of its own, one call after the other.
    Process(Mutex<Client>),
}

impl Caller {
    pub(crate) fn call(&self, call: Call) -> Outcome {
        match self {
            Caller::Here(gateway) => call.make(gateway),
            Caller::Process(client) => client.lock().unwrap().call(call),
        }
    }

    /// One call, the last one.
    pub(crate) fn ends_with(self, call: Call) -> Outcome {
        let outcome = self.call(call);
        self.end();
        outcome
    }

    pub(crate) fn end(self) {
        if let Caller::Process(client) = self {
            client.into_inner().unwrap().end();
        }
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

#[derive(Clone)]
pub(crate) struct Fault {
    pub(crate) name: String,
    pub(crate) script: Arc<dyn Script>,
    pub(crate) front: Front,
    /// Whether the script begins where a connection was opened.
    pub(crate) connecting: bool,
}

impl Fault {
    /// The script begins where a request is about to arrive.
    pub(crate) fn new(name: impl ToString, script: impl Script) -> Fault {
        let (name, script) = (name.to_string(), Arc::new(script));
        Fault { name, script, front: Front::Plain, connecting: false }
    }

    /// The request is answered with what is made of the right JSON, and so are others.
    pub(crate) fn answer(name: impl ToString, bytes: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Fault {
        Fault::new(name, move |connection| {
            reply(connection, &bytes)?;
            serve(connection)
        })
    }

    /// The connection is closed after this answer.
    pub(crate) fn last(name: impl ToString, bytes: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Fault {
        Fault::new(name, move |connection| reply(connection, &bytes))
    }

    /// What becomes of a call that meets the fault after a check that passed; and of a check that meets it: either it
    /// passes, or nothing is sent after it. A call that is expected to time out gets a short timeout.
    #[track_caller]
    pub(crate) fn becomes(self, call: &str, check: &str) {
        assert!(check.ends_with(": not sent") || ["success", "Unavailable"].contains(&check));
        thread::scope(|scope| {
            for both in Call::BOTH {
                let fault = &self;
                scope.spawn(move || fault.hits(both, true, call));
                scope.spawn(move || fault.hits(both, false, check));
            }
        });
    }

    fn hits(&self, call: Call, passes: bool, expected: &str) {
        let timeout = if expected.contains("timeout") { Duration::from_secs(1) } else { TIMEOUT };
        let Fault { script, front, connecting, .. } = self.clone();
        let apart = connecting || !front.reuses();
        let nth = usize::from(apart && passes);
        let server = Server::play(move |connection| {
            if connection.number != nth || !connecting {
                front.greet(connection)?;
            }
            match connection.number.cmp(&nth) {
                Ordering::Less => last_answer(connection),
                Ordering::Greater => serve(connection),
                Ordering::Equal if passes && !apart => answer(connection).and_then(|()| script(connection)),
                Ordering::Equal => script(connection),
            }
        });
        let caller = front.caller(server.address, timeout);
        let outcome = judge::call(timeout, &server, || caller.ends_with(call));
        let (what, context) = (outcome.what, format!("{}, {call:?}, after the check: {passes}", self.name));
        assert!(outcome.growth < 8 << 10, "{context}: {} KiB more memory", outcome.growth);
        assert!(expected.split(" or ").any(|expected| expected == what), "{context}: {what}, expected {expected}");
        // Nothing is tried again, nor in another way, such as in plain text after TLS failed.
        assert!(what == "success" || server.connections() <= nth + 1, "{context}: another connection");
        assert!(server.calls().len() <= usize::from(passes || what == "success"), "{context}: {:?}", server.calls());
    }
}

/// Closes the connection with a TCP reset.
pub(crate) fn reset(connection: &mut Connection) -> io::Result<()> {
    SockRef::from(connection.socket()?).set_linger(Some(Duration::ZERO))?;
    connection.hang_up()
}
