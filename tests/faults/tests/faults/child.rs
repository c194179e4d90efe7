//! A call in a process of its own.

use std::process::{Command, Stdio};
use std::time::Duration;

use ekolopay::Delivery;
use ekolopay_faults::{Call, Outcome};
use ekolopay_test_kit::secret;

pub(crate) struct Child(Command);

/// What the process told.
pub(crate) struct Report {
    pub(crate) outcome: Outcome,
    /// By how much its memory grew at most, in KiB.
    pub(crate) growth: u64,
    /// Whether it got a SIGUSR1.
    pub(crate) signalled: bool,
}

impl Child {
    pub(crate) fn new(origin: &str, timeout: Duration) -> Child {
        Child::started_by(Command::new(Child::PROGRAM), origin, timeout)
    }

    pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_caller");

    /// Started by this command, which has the program's name.
    pub(crate) fn started_by(mut command: Command, origin: &str, timeout: Duration) -> Child {
        for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        command
            .env("EKOLOPAY_API_CLIENT", "demo")
            .env("EKOLOPAY_SECRET_KEY", secret())
            .env("EKOLOPAY_ORIGIN", origin)
            .env("FAULTS_TIMEOUT", timeout.as_millis().to_string());
        Child(command)
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Child {
        self.0.env(name, value);
        self
    }

    pub(crate) fn call(self, call: Call) -> Report {
        self.call_while(call, |_| {})
    }

    /// Makes the call, and tells the number of the process while it runs.
    pub(crate) fn call_while(mut self, call: Call, running: impl FnOnce(u32)) -> Report {
        match call {
            Call::Token(number) => self.0.env("FAULTS_TOKEN", "").env("FAULTS_NUMBER", number.to_string()),
            Call::Payment(number) => self.0.env("FAULTS_NUMBER", number.to_string()),
        };
        let child = self.0.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        running(child.id());
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && errors.is_empty(), "{errors}");
        let [what, delivery, growth, signalled, texts] = text.splitn(5, '\n').collect::<Vec<_>>().try_into().unwrap();
        let deliveries = [Delivery::NotSent, Delivery::Unknown, Delivery::Answered];
        let delivery = deliveries.into_iter().find(|known| format!("{known:?}") == delivery);
        Report {
            outcome: Outcome { what: what.to_owned(), delivery, texts: texts.to_owned() },
            growth: growth.parse().unwrap(),
            signalled: signalled.parse().unwrap(),
        }
    }
}
