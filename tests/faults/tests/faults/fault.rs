//! A fault of the table, which first the call and then the check meets.

use std::process::Command;
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay::{Credentials, Gateway};
use ekolopay_faults::replies::response;
use ekolopay_faults::{Call, CallOutcome, FaultServer, Script, Step, Then};
use ekolopay_test_kit::Authority;
use ekolopay_test_kit::secret;
use rustls::ServerConfig;

use crate::client::Client;
use crate::judge;

/// The authority that clients trust.
pub(crate) static AUTHORITY: LazyLock<Authority> = LazyLock::new(Authority::new);
static LOOPBACK: LazyLock<Arc<ServerConfig>> = LazyLock::new(|| AUTHORITY.config("127.0.0.1"));
static BEHIND_A_PROXY: LazyLock<Arc<ServerConfig>> = LazyLock::new(|| AUTHORITY.config("gateway.invalid"));

/// How the gateway is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Front {
    Plain,
    Tls,
    /// Https through an HTTP proxy, from a process with a proxy variable.
    Proxy,
}

impl Front {
    /// What comes before the first request if nothing fails.
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

/// What meets the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hit {
    Check,
    Call,
}

pub(crate) struct Fault {
    row: u8,
    name: String,
    steps: Box<dyn Fn() -> Script + Send + Sync>,
    front: Front,
    timeout: Duration,
    new_connection: bool,
    child: bool,
}

impl Fault {
    /// The steps begin where a request is about to arrive.
    pub(crate) fn new(row: u8, name: impl Into<String>, steps: impl Fn() -> Script + Send + Sync + 'static) -> Fault {
        let timeout = Duration::from_secs(10);
        let steps = Box::new(steps);
        Fault { row, name: name.into(), steps, front: Front::Plain, timeout, new_connection: false, child: false }
    }

    /// The fault is met with a short timeout.
    pub(crate) fn times_out(mut self) -> Fault {
        self.timeout = Duration::from_secs(1);
        self
    }

    /// The steps begin where a connection is about to be opened.
    pub(crate) fn on_a_new_connection(mut self) -> Fault {
        self.new_connection = true;
        self
    }

    pub(crate) fn behind(mut self, front: Front) -> Fault {
        self.front = front;
        self.child |= front == Front::Proxy;
        self
    }

    /// The client is a process of its own, whose memory is measured.
    pub(crate) fn in_a_process(mut self) -> Fault {
        self.child = true;
        self
    }

    /// The check passes, and the call meets the fault. Its outcome is one of these.
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

    /// The check meets the fault: either it passes, or nothing is sent after it.
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

    /// Both calls, at the same time.
    #[track_caller]
    fn hit(&self, hit: Hit, scripts: impl Fn() -> Vec<Script> + Sync, expected: &[&str]) -> &Fault {
        let play = |call| self.play(hit, call, scripts(), expected);
        thread::scope(|scope| {
            scope.spawn(|| play(Call::Token(150_000)));
            play(Call::Payment(0));
        });
        self
    }

    fn play(&self, hit: Hit, call: Call, scripts: Vec<Script>, expected: &[&str]) {
        let context = format!("row {}, {}, {hit:?}, {call:?}", self.row, self.name);
        let front = self.front;
        let then = Then::Play(Box::new(move || [front.greeting(), vec![Step::Serve]].into_iter().flatten().collect()));
        let connections = scripts.len();
        let server = FaultServer::start("127.0.0.1", scripts, then).unwrap();
        let start = Instant::now();
        let outcome = self.make(call, &server);
        let lasted = start.elapsed();
        let received = server.finish();
        judge::call(&outcome, lasted, self.timeout, &received);
        let text = outcome.to_string();
        // Nothing is tried again, nor in another way, such as in plain text after TLS failed.
        let again = text != "success" && received.connections() > connections;
        assert!(!again, "{context}: another connection");
        assert!(expected.contains(&&*text), "{context}: {text}, expected {expected:?}");
        let calls = usize::from(hit == Hit::Call || text == "success");
        assert!(received.calls().len() <= calls, "{context}: {received:?}");
    }

    fn make(&self, call: Call, server: &FaultServer) -> CallOutcome {
        let address = server.address();
        if !self.child {
            let scheme = if self.front == Front::Tls { "https" } else { "http" };
            return call.make(&gateway(&format!("{scheme}://{address}"), self.timeout));
        }
        let mut client = match self.front {
            Front::Proxy => {
                let proxy = format!("http://{address}");
                let command = Command::new(Client::PROGRAM);
                Client::start(command, "https://gateway.invalid", self.timeout, &[("https_proxy", &proxy)])
            }
            _ => Client::new(&format!("http://{address}"), self.timeout),
        };
        let report = client.call(call);
        client.end();
        assert!(report.growth < 8 << 10, "{}: {} KiB more memory", self.name, report.growth);
        report.outcome()
    }
}

/// A gateway with the secret that all tests look for.
pub(crate) fn gateway(origin: &str, timeout: Duration) -> Gateway {
    let builder = Gateway::builder(Credentials::new("demo", secret()).unwrap()).origin(origin).timeout(timeout);
    let tls = origin.starts_with("https:");
    let builder = if tls { builder.root_certificates(AUTHORITY.pem().as_bytes()) } else { builder };
    builder.build().unwrap()
}

pub(crate) fn reply(bytes: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Step {
    Step::Reply(Box::new(bytes))
}

/// A complete answer, after which the connection can be used again.
pub(crate) fn answer(bytes: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Script {
    vec![Step::Request, reply(bytes), Step::Serve]
}

/// An answer after which the connection is closed.
pub(crate) fn last_answer(bytes: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Script {
    vec![Step::Request, reply(bytes)]
}
