//! `ekolopay doctor`: how a gateway really answers, which no document shows. It creates nothing.

use std::fs::File;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Error, Result, anyhow};
use ekolopay::purchase::PurchaseToken;
use ekolopay::verify::Verification;
use ekolopay::{Credentials, Error as SdkError, Gateway};
use humantime::format_rfc3339_seconds;
use serde_json::{Value, json};

use crate::arguments::DoctorArguments;
use crate::exit::{Coded, Exit, advice};
use crate::gateway::{ACCOUNT, GatewayOptions, address_of, origin_of};
use crate::printer::{Printer, printable};
use crate::stop::lock;

const LOOK: &str = "the key may not be accepted: look at both variables, and at Domain Origin in your merchant account";
const REFUSAL: &str =
    "right if the token does not exist; if it is about the account, look at both variables, and at Domain Origin there";
const REPORT: &str = "this is not what the documentation shows. --report writes a text for an issue";

const HIDDEN: &str =
    "without key, API client, token and proxy password, as far as they were recognised: read it before you send it.";
const NAME: &str = "is the name spelled right, and does this machine reach a name server?";
const BETWEEN: &str = "is the gateway started, and does a firewall or a proxy of your company stand between?";
const OWN_TOKEN: &str = "your token";
const WRONG_KEY: &str = "made-up key";

struct Doctor {
    printer: Printer,
    report: Option<File>,
    /// What no reply may show, and what it shows instead.
    secrets: Vec<(Credentials, &'static str)>,
    exit: Exit,
}

/// A reply: its status, its body, and how many milliseconds it took.
struct Seen(u16, String, u128);

/// A gateway, and what it replied last.
struct Traced(Gateway, Arc<Mutex<Option<Seen>>>);

pub(crate) fn run(options: &GatewayOptions, arguments: &DoctorArguments, printer: Printer) -> Result<Exit> {
    let report = arguments.report.as_ref().map(File::create_new).transpose();
    let report = report.map_err(|why| anyhow!("the report must be a new file: {why}"))?;
    let mut doctor = Doctor { printer, report, secrets: Vec::new(), exit: Exit::Done };
    let (system, time) = (std::env::consts::OS, format_rfc3339_seconds(SystemTime::now()));
    doctor.write(&format!("ekolopay {}, {system}, {time}\n", env!("CARGO_PKG_VERSION")))?;
    doctor.examine(options, arguments)?;
    if let Some(path) = &arguments.report {
        printer.words(&format!("Written to {}, {HIDDEN}", path.display()))?;
    }
    Ok(doctor.exit)
}

impl Doctor {
    /// Goes as far as it makes sense.
    fn examine(&mut self, options: &GatewayOptions, arguments: &DoctorArguments) -> Result<()> {
        let token = arguments.token.as_ref();
        let credentials = Credentials::from_env();
        match &credentials {
            Ok(_) => self.say(Exit::Done, "variables", "EKOLOPAY_API_CLIENT and EKOLOPAY_SECRET_KEY are set", "")?,
            Err(invalid) => self.say(Exit::BadInput, "variables", &invalid.to_string(), ACCOUNT)?,
        }
        let has_credentials = credentials.is_ok();
        let own = credentials.or_else(|_| Credentials::new("nobody", "this-key-is-never-sent"))?;
        let unknown = PurchaseToken::new(hexadecimal())?;
        let wrong = Credentials::new(own.api_client(), hexadecimal())?;
        self.secrets = vec![(own.clone(), "[secret key]"), (wrong.clone(), "[made-up key]")];
        let others = [Some((own.api_client(), "[api_client]")), token.map(|token| (token.as_str(), "[token]"))];
        for (text, shown) in others.into_iter().flatten().chain([(unknown.as_str(), "[made-up token]")]) {
            self.secrets.push((Credentials::new("-", text)?, shown));
        }

        let traced = traced(options, &own).map(|traced| (origin_of(&traced.0), traced));
        let Some(traced) = self.step("origin", traced, "correct this first")? else { return Ok(()) };
        let Traced(gateway, last) = &traced;
        self.say(Exit::Done, "proxy", gateway.proxy().unwrap_or("none"), "")?;
        let address = address_of(gateway);
        let found = address.to_socket_addrs().map_err(|error| no_answer(&address, &error)).map(|found| {
            let found: Vec<SocketAddr> = found.collect();
            let shown: Vec<String> = found.iter().map(|address| address.ip().to_string()).collect();
            (format!("{address} is {}", shown.join(", ")), found)
        });
        let Some(found) = self.step("addresses", found, NAME)? else { return Ok(()) };
        let (start, most) = (Instant::now(), options.timeout.min(Duration::from_secs(10)));
        let mut connected = Err(io::Error::other("it has no address"));
        for to in found {
            connected = connected.or_else(|_| TcpStream::connect_timeout(&to, most).map(|_| to));
        }
        let time = |to: SocketAddr| (format!("to {to} in {} ms", start.elapsed().as_millis()), ());
        let connected = connected.map_err(|error| no_answer(&address, &error)).map(time);
        let Some(()) = self.step("connection", connected, BETWEEN)? else { return Ok(()) };
        let checked = gateway.check_availability().map(|()| (String::new(), ()));
        let without_key = match (lock(last).take(), checked.as_ref().err()) {
            (Some(seen), _) => seen,
            (None, error) => {
                let todo = error.and_then(|error| advice(error)).unwrap_or(BETWEEN);
                return self.step("first exchange", checked.map_err(Error::from), todo).map(drop);
            }
        };
        if origin_of(gateway).starts_with("https:") {
            self.say(Exit::Done, "TLS", "the certificate is trusted, and is for this name", "")?;
        }
        if let Err(error) = checked {
            return self.reply(Exit::Unavailable, "availability", &without_key, &error.to_string(), "try again later");
        }
        self.reply(Exit::Done, "availability", &without_key, "in service", "")?;
        if !has_credentials {
            return Ok(());
        }
        let of_own = self.check(&traced, "made-up token", &unknown)?;
        if of_own == Some(without_key.1) {
            self.say(Exit::Look, "key", "the reply is the same as without a key", LOOK)?;
        }
        if let Some(token) = token {
            self.check(&traced, OWN_TOKEN, token)?;
        }
        if arguments.try_wrong_key {
            let of_wrong = self.check(&self::traced(options, &wrong)?, WRONG_KEY, &unknown)?;
            if of_own == of_wrong {
                self.say(Exit::Look, "key", "the reply is the same with a made-up key", LOOK)?;
            } else {
                let seen = "the reply differs with a made-up key: the gateway seems to know yours";
                self.say(Exit::Done, "key", seen, "")?;
            }
        }
        Ok(())
    }

    fn step<T>(&mut self, step: &str, tried: Result<(String, T)>, todo: &str) -> Result<Option<T>> {
        match tried {
            Ok((seen, value)) => self.say(Exit::Done, step, &seen, "").map(|()| Some(value)),
            Err(error) => self.say(Exit::of(&error), step, &format!("{error:#}"), todo).map(|()| None),
        }
    }

    /// Asks about a token. Returns the body of the reply.
    fn check(&mut self, traced: &Traced, step: &str, token: &PurchaseToken) -> Result<Option<String>> {
        let Traced(gateway, last) = traced;
        let answer = gateway.check_payment(token);
        let is_known = step == OWN_TOKEN;
        let refused = if is_known { Exit::Look } else { Exit::Done };
        let (exit, reading, todo) = match answer {
            Ok(Verification::Paid(_)) if !is_known => (Exit::Look, "paid, for a token that nobody made".into(), REPORT),
            Ok(Verification::Paid(_)) => (Exit::Done, "paid".to_owned(), ""),
            Ok(Verification::NotPaid) => (Exit::Done, "not paid, or not yet".to_owned(), ""),
            Err(error @ SdkError::Refused { .. }) if step == WRONG_KEY => (refused, error.to_string(), ""),
            Err(error @ SdkError::Refused { .. }) => (refused, error.to_string(), REFUSAL),
            Err(SdkError::UnexpectedReply { reason, .. }) => (Exit::NoAnswer, format!("unexpected: {reason}"), REPORT),
            Err(error) => (Exit::NoAnswer, format!("{:#}", Error::from(error)), "try again later"),
        };
        let seen = lock(last).take();
        match &seen {
            None => self.say(exit, step, &self.hidden(&reading), todo)?,
            Some(seen) if is_documented(seen) => self.reply(exit, step, seen, &reading, todo)?,
            Some(seen) => self.reply(exit.max(Exit::Look), step, seen, &reading, REPORT)?,
        }
        Ok(seen.map(|Seen(_, body, _)| body))
    }

    fn reply(&mut self, exit: Exit, step: &str, seen: &Seen, reading: &str, todo: &str) -> Result<()> {
        let Seen(status, body, time) = seen;
        let documented = if is_documented(seen) { "documented" } else { "not documented" };
        let body: String = self.hidden(body).chars().take(1000).collect();
        let (reading, body) = (self.hidden(reading), body.trim().replace('\n', "\n    "));
        let text = format!("HTTP {status} in {time} ms, {documented}; the SDK reads: {reading}\n    {body}");
        self.say(exit, step, &text, todo)
    }

    fn say(&mut self, exit: Exit, step: &str, seen: &str, todo: &str) -> Result<()> {
        self.exit = self.exit.max(exit);
        let is_ok = exit == Exit::Done;
        let arrow = if todo.is_empty() { "" } else { "\n  → " };
        let words = format!("{} {step}: {seen}{arrow}{todo}", if is_ok { '✓' } else { '✗' });
        self.write(&words)?;
        self.printer.result(&json!({ "step": step, "ok": is_ok, "seen": seen, "todo": todo }), &words)
    }

    fn write(&mut self, text: &str) -> Result<()> {
        self.report.as_mut().map_or(Ok(()), |file| writeln!(file, "{}", printable(text))).context("no report")
    }

    fn hidden(&self, text: &str) -> String {
        let hide = |text: String, (key, shown): &(Credentials, &str)| key.redact(&text).replace("[secret]", shown);
        self.secrets.iter().fold(text.to_owned(), hide)
    }
}

fn no_answer(address: &str, error: &io::Error) -> Error {
    Coded(Exit::NoAnswer, format!("{address}: {error}")).into()
}

fn traced(options: &GatewayOptions, credentials: &Credentials) -> Result<Traced> {
    let last = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&last);
    let gateway = options.build(Gateway::builder(credentials.clone()).wrap(move |request, next| {
        let start = Instant::now();
        *lock(&seen) = None;
        let reply = next.send(request)?;
        let body = String::from_utf8_lossy(reply.body()).into_owned();
        *lock(&seen) = Some(Seen(reply.status(), body, start.elapsed().as_millis()));
        Ok(reply)
    }))?;
    Ok(Traced(gateway, last))
}

/// Whether a reply looks as the documentation shows it, to the letter. The status of a refusal is not documented.
fn is_documented(Seen(status, body, _): &Seen) -> bool {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let (code, data) = (&body["response"]["API_RESPONSE_CODE"], &body["response"]["API_RESPONSE_DATA"]);
    match code.as_i64() {
        Some(200) => *status == 200 && data["API_DATA"]["payment_successful"].is_boolean(),
        Some(_) => data["clearMessage"].is_string(),
        None => body["reason"] == "UNAVAILABLE_SERVICE" && body["code"] == 0 && body["message"].is_string(),
    }
}

fn hexadecimal() -> String {
    format!("{:032x}", fastrand::u128(..))
}
