//! The program `client`, with a gateway of its own.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use ekolopay_faults::{Call, Outcome};
use ekolopay_test_kit::secret;

pub(crate) struct Client {
    pub(crate) process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Client {
    /// With nothing but these variables in its environment.
    pub(crate) fn new(origin: &str, timeout: Duration, environment: &[(&str, &str)]) -> Client {
        let mut command = Command::new(env!("CARGO_BIN_EXE_client"));
        command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("EKOLOPAY_API_CLIENT", "demo")
            .env("EKOLOPAY_SECRET_KEY", secret())
            .env("EKOLOPAY_ORIGIN", origin)
            .env("FAULTS_TIMEOUT", timeout.as_millis().to_string())
            .envs(environment.iter().copied());
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Client { process, input, output: BufReader::new(output) }
    }

    #[track_caller]
    pub(crate) fn call(&mut self, call: Call) -> Outcome {
        match call {
            Call::Token(amount) => self.say("token", amount),
            Call::Payment(number) => self.say("payment", number),
        }
    }

    #[track_caller]
    pub(crate) fn say(&mut self, command: &str, number: u64) -> Outcome {
        writeln!(self.input, "{command} {number}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// The program ends without a panic in any of its threads.
    #[track_caller]
    pub(crate) fn end(self) {
        drop(self.input);
        let ended = self.process.wait_with_output().unwrap();
        assert!(ended.status.success() && ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}
