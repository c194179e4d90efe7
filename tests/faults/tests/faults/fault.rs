//! A fault of the table: played to the check and to the call, and judged.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use ekolopay::{Credentials, Gateway};
use ekolopay_faults::gateway::response;
use ekolopay_faults::{Call, FaultServer, Outcome, Script, Seen, Step, Then};
use ekolopay_test_kit::Authority;
use ekolopay_test_kit::secret;
use rustls::ServerConfig;

use crate::child::Child;
use crate::judge;
use crate::report::{self, Hit};

/// The authority that gateways trust.
pub(crate) static AUTHORITY: LazyLock<Authority> = LazyLock::new(Authority::new);
static LOOPBACK: LazyLock<Arc<ServerConfig>> = LazyLock::new(|| AUTHORITY.config("127.0.0.1"));
static BEHIND_A_PROXY: LazyLock<Arc<ServerConfig>> = LazyLock::new(|| AUTHORITY.config("gateway.invalid"));

/// How the gateway is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Front {
    Plain,
    Tls,
    /// By https through an HTTP proxy, from a process with a proxy variable.
    Proxy,
}

impl Front {
    /// What comes before the first request where nothing fails.
    pub(crate) fn greeting(self) -> Script {
        match self {
            Front::Plain => vec![],
            Front::Tls => vec![Step::Tls(Arc::clone(&LOOPBACK))],
            Front::Proxy => {
                vec![Step::Head, reply(|_| b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), Step::Tls(Arc::clone(&BEHIND_A_PROXY))]
            }
        }
    }
}

pub(crate) struct Fault {
    row: u8,
    name: String,
    steps: Box<dyn Fn() -> Script>,
    front: Front,
    timeout: Duration,
    new_connection: bool,
    child: bool,
}

impl Fault {
    /// The steps are played from where a request is about to come.
    pub(crate) fn new(row: u8, name: impl Into<String>, steps: impl Fn() -> Script + 'static) -> Fault {
        let timeout = Duration::from_secs(10);
        let steps = Box::new(steps);
        Fault { row, name: name.into(), steps, front: Front::Plain, timeout, new_connection: false, child: false }
    }

    /// The fault is one of time, of which there is little.
    pub(crate) fn times_out(mut self) -> Fault {
        self.timeout = Duration::from_secs(1);
        self
    }

    /// The steps are played from where a connection is about to be opened.
    pub(crate) fn on_a_new_connection(mut self) -> Fault {
        self.new_connection = true;
        self
    }

    pub(crate) fn behind(mut self, front: Front) -> Fault {
        self.front = front;
        self.child |= front == Front::Proxy;
        self
    }

    /// The client is a process of its own, whose memory is watched.
    pub(crate) fn in_a_process(mut self) -> Fault {
        self.child = true;
        self
    }

    /// The check passes, and the call meets the fault. One of these must come of it.
    #[track_caller]
    pub(crate) fn call(&self, expected: &[&str]) -> &Fault {
        let scripts = || {
            let mut first = self.front.greeting();
            first.push(Step::Request);
            if self.new_connection {
                first.push(reply(|json| response(200, "Connection: close\r\n", json)));
                vec![first, (self.steps)()]
            } else {
                first.push(reply(|json| response(200, "", json)));
                first.extend((self.steps)());
                vec![first]
            }
        };
        self.hit(Hit::Call, scripts, expected)
    }

    /// The check meets the fault: either nothing is sent after it, or it passes.
    #[track_caller]
    pub(crate) fn check(&self, expected: &[&str]) -> &Fault {
        assert!(expected.iter().all(|expected| expected.ends_with(": NotSent") || *expected == "success"));
        let scripts = || {
            let mut first = if self.new_connection { vec![] } else { self.front.greeting() };
            first.extend((self.steps)());
            vec![first]
        };
        self.hit(Hit::Check, scripts, expected)
    }

    #[track_caller]
    fn hit(&self, hit: Hit, scripts: impl Fn() -> Vec<Script>, expected: &[&str]) -> &Fault {
        for call in [Call::Token(150_000), Call::Payment(0)] {
            let front = self.front;
            let then = Then::Play(Box::new(move || {
                let mut script = front.greeting();
                script.push(Step::Serve);
                script
            }));
            let scripts = scripts();
            let connections = scripts.len();
            let server = FaultServer::start("127.0.0.1", scripts, then).unwrap();
            let (outcome, seen) = self.judged(server, call);
            let (outcome, name) = (outcome.to_string(), &self.name);
            // Nothing is tried again, nor tried otherwise: in plain text, say, where TLS fails.
            let again = outcome != "success" && seen.connections() > connections;
            assert!(!again, "{hit:?}, {call:?}, {name}: another connection");
            assert!(expected.contains(&&*outcome), "{hit:?}, {call:?}, {name}: {outcome}, expected {expected:?}");
            let calls = usize::from(hit == Hit::Call || outcome == "success");
            assert!(seen.calls().len() <= calls, "{hit:?}, {call:?}, {name}: {seen:?}");
            report::note(self.row, name, hit, &outcome);
        }
        self
    }

    fn judged(&self, server: FaultServer, call: Call) -> (Outcome, Seen) {
        let start = Instant::now();
        let outcome = if self.child {
            let told = match self.front {
                Front::Proxy => Child::new("https://gateway.invalid", self.timeout)
                    .env("https_proxy", &format!("http://{}", server.address()))
                    .env("FAULTS_ROOTS", &AUTHORITY.pem())
                    .call(call),
                _ => Child::new(&format!("http://{}", server.address()), self.timeout).call(call),
            };
            report::grew(told.growth);
            assert!(told.growth < 8 << 10, "{}: {} KiB more memory", self.name, told.growth);
            told.outcome
        } else {
            let scheme = if self.front == Front::Tls { "https" } else { "http" };
            call.make(&gateway(&format!("{scheme}://{}", server.address()), self.timeout))
        };
        let lasted = start.elapsed();
        let seen = server.finish();
        judge::call(&outcome, lasted, self.timeout, &seen);
        (outcome, seen)
    }
}

/// A gateway with the secret that is looked for everywhere.
pub(crate) fn gateway(origin: &str, timeout: Duration) -> Gateway {
    let builder = Gateway::builder(Credentials::new("demo", secret()).unwrap()).origin(origin).timeout(timeout);
    let tls = origin.starts_with("https:");
    let builder = if tls { builder.root_certificates(AUTHORITY.pem().as_bytes()) } else { builder };
    builder.build().unwrap()
}

pub(crate) fn reply(bytes: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Step {
    Step::Reply(Box::new(bytes))
}

/// A whole answer, after which the connection is as good as ever.
pub(crate) fn answer(bytes: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Script {
    vec![Step::Request, reply(bytes), Step::Serve]
}

/// An answer, after which the connection is closed.
pub(crate) fn last_answer(bytes: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Script {
    vec![Step::Request, reply(bytes)]
}
