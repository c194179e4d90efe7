//! A shop that runs as in production, its database, and a local gateway that the test starts for it.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::iter;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, Sandbox, SandboxBuilder};
use minreq::Response;
use rusqlite::{Connection, params};
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_ekolopay-shop");
pub const PASSWORD: &str = "a merchant's password";
/// User `marchand` with this password.
pub const AUTHORIZATION: &str = "Basic bWFyY2hhbmQ6YSBtZXJjaGFudCdzIHBhc3N3b3Jk";

pub struct World {
    pub sandbox: Sandbox,
    pub origin: String,
    /// How many calls to `check-payment` the gateway has answered, availability checks included.
    checks: Arc<AtomicU64>,
    directory: TempDir,
    shop: Killed,
}

/// What a customer knows after having ordered.
pub struct Ordered {
    pub token: String,
    pub cookie: String,
    pub reference: String,
    pub id: i64,
}

impl Ordered {
    /// As the pages show it.
    pub fn number(&self) -> String {
        let digits = self.id.to_string();
        let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
        format!("n°\u{a0}{}", groups.join("\u{202f}"))
    }
}

impl World {
    pub fn start() -> World {
        World::with(program(), |sandbox| sandbox)
    }

    /// With a command that runs the program, and a local gateway with other settings.
    pub fn with(shop: Command, settings: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> World {
        World::start_with(shop, settings, None)
    }

    /// With a gateway of the test's own.
    pub fn start_at(gateway: &str) -> World {
        World::start_with(program(), |sandbox| sandbox, Some(gateway))
    }

    fn start_with(
        shop: Command,
        settings: impl FnOnce(SandboxBuilder) -> SandboxBuilder,
        gateway: Option<&str>,
    ) -> World {
        let origin = format!("http://127.0.0.1:{}", free_port());
        let checks = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&checks);
        let sandbox = Sandbox::builder()
            .callback_url(format!("{origin}/callback"))
            .redirect_url(format!("{origin}/payment-status"))
            .log(move |line| {
                counter.fetch_add(u64::from(line.contains("/check-payment ")), Ordering::SeqCst);
            });
        let sandbox = settings(sandbox).start().expect("a local gateway");
        let directory = tempfile::tempdir().expect("a directory");
        fs::create_dir(directory.path().join("shop")).expect("a directory");
        let gateway = gateway.map_or(sandbox.origin(), str::to_owned);
        let shop = run(shop, &origin, &gateway, &directory.path().join("shop"));
        World { sandbox, origin, checks, directory, shop }
    }

    pub fn kill(&mut self) {
        self.shop.0.kill().expect("the shop ran");
        self.shop.0.wait().expect("the shop ended");
    }

    pub fn start_again(&mut self) {
        self.shop = run(program(), &self.origin, &self.sandbox.origin(), &self.directory());
    }

    /// Asks it to end, as a supervisor does, and waits until it has.
    pub fn stop(&mut self) {
        signal(&self.shop.0, "TERM");
        assert!(self.ended().success());
    }

    pub fn process(&self) -> u32 {
        self.shop.0.id()
    }

    /// How the shop ended by itself.
    pub fn ended(&mut self) -> ExitStatus {
        wait_until("the shop ends", || self.shop.0.try_wait().expect("its state").is_some());
        self.shop.0.wait().expect("how it ended")
    }

    /// The folder of the database.
    pub fn directory(&self) -> PathBuf {
        self.directory.path().join("shop")
    }

    /// What the shop has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).expect("the log")
    }

    pub fn database(&self) -> Connection {
        let connection = Connection::open(self.directory().join("shop.db")).expect("the shop's database");
        connection.busy_timeout(Duration::from_secs(10)).expect("a setting");
        connection
    }

    /// Makes the order this old, and due in 20 hours.
    pub fn age(&self, order: &Ordered, age: Duration) {
        let sql =
            "UPDATE orders SET ordered_at = ?2, sent_at = ?2, checks = 30, due = 20 * 60 * 60 * 1000 WHERE token = ?1";
        let age = i64::try_from(age.as_millis()).expect("an age");
        assert_eq!(self.database().execute(sql, params![order.token, now() - age]).expect("the order"), 1);
    }

    pub fn checks(&self) -> u64 {
        self.checks.load(Ordering::SeqCst)
    }

    pub fn get(&self, path: &str, cookie: &str) -> Response {
        let request = minreq::get(format!("{}{path}", self.origin)).with_header("Cookie", cookie);
        request.with_follow_redirects(false).with_timeout(20).send().expect("an answer")
    }

    pub fn post(&self, path: &str, body: impl Into<Vec<u8>>) -> Response {
        self.post_with(path, body, "")
    }

    /// A form carries the price that its page shows.
    pub fn post_with(&self, path: &str, body: impl Into<Vec<u8>>, cookie: &str) -> Response {
        let mut body = body.into();
        let prices = [("cafe", 7_500), ("iphone", 150_000), ("lampe", 24_000), ("pagne", 18_500)];
        let price = prices.iter().find(|(slug, _)| path.strip_prefix("/produits/") == Some(slug));
        if let Some((_, price)) = price.filter(|_| !body.windows(6).any(|window| window == b"price=")) {
            body.extend(format!("&price={price}").bytes());
        }
        let request = minreq::post(format!("{}{path}", self.origin)).with_header("Cookie", cookie);
        let request = request.with_header("Content-Type", "application/x-www-form-urlencoded").with_body(body);
        request.with_follow_redirects(false).with_timeout(20).send().expect("an answer")
    }

    pub fn merchant(&self, path: &str) -> Response {
        let request = minreq::get(format!("{}{path}", self.origin)).with_header("Authorization", AUTHORIZATION);
        request.with_timeout(20).send().expect("an answer")
    }

    /// Changes an order as the merchant's page does.
    pub fn change(&self, form: &str) -> Response {
        let page = self.merchant("/marchand");
        let (_, key) = page.as_str().expect("a page").split_once(r#"name="key" value=""#).expect("a form");
        self.merchant_posts(&format!("key={}&{form}", &key[..32]))
    }

    pub fn merchant_posts(&self, form: &str) -> Response {
        let request = minreq::post(format!("{}/marchand", self.origin));
        let request = request.with_header("Authorization", AUTHORIZATION).with_body(form).with_follow_redirects(false);
        request.with_header("Content-Type", "application/x-www-form-urlencoded").send().expect("an answer")
    }

    /// Sends these bytes, and reads the answer to its end.
    pub fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.origin.trim_start_matches("http://")).expect("the shop");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a setting");
        stream.write_all(bytes).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    pub fn order(&self, slug: &str) -> Ordered {
        self.order_with(slug, "phone=066304925&name=Kanza", "")
    }

    pub fn order_with(&self, slug: &str, form: &str, cookie: &str) -> Ordered {
        let answer = self.post_with(&format!("/produits/{slug}"), form, cookie);
        assert_eq!(answer.status_code, 303, "{:?}", answer.as_str());
        let cookie = header(&answer, "set-cookie").split(';').next().expect("a cookie").to_owned();
        let location = header(&answer, "location");
        let token = location.strip_prefix(&format!("{}/purchase-product/", self.sandbox.origin()));
        self.ordered(token.expect("the payment page"), cookie)
    }

    /// What the shop knows of the order with this token.
    pub fn ordered(&self, token: &str, cookie: String) -> Ordered {
        let sql = "SELECT reference, id FROM orders WHERE token = ?1";
        let found = self.database().query_row(sql, [token], |row| Ok((row.get(0)?, row.get(1)?)));
        let (reference, id) = found.expect("the order");
        Ordered { token: token.to_owned(), cookie, reference, id }
    }

    /// What the customer's browser does on the payment page. The gateway sends the callback before it answers.
    pub fn customer_submits(&self, order: &Ordered, outcome: &str) {
        let answer = minreq::post(format!("{}/purchase-product/{}", self.sandbox.origin(), order.token))
            .with_header("Content-Type", "application/x-www-form-urlencoded")
            .with_body(format!("outcome={outcome}"))
            .with_follow_redirects(false)
            .with_timeout(20)
            .send()
            .expect("an answer");
        assert_eq!(header(&answer, "location"), format!("{}/payment-status", self.origin));
    }

    pub fn callback(&self, token: &str, successful: bool, status: &str) -> Response {
        self.post("/callback", format!("purchaseToken={token}&paymentSuccessful={successful}&status={status}"))
    }

    pub fn state(&self, order: &Ordered) -> String {
        let answer = self.get(&format!("/commandes/{}/etat", order.reference), "");
        answer.as_str().expect("a word").to_owned()
    }

    #[track_caller]
    pub fn wait_for(&self, order: &Ordered, state: &str) {
        wait_until(&format!("the order is {state}"), || self.state(order) == state);
    }

    /// Waits until the gateway has answered "not paid" to a check that started after now.
    #[track_caller]
    pub fn wait_for_not_paid(&self, order: &Ordered) {
        self.wait_for_not_paid_since(now(), order);
    }

    #[track_caller]
    pub fn wait_for_not_paid_since(&self, moment: i64, order: &Ordered) {
        let database = self.database();
        wait_until("the gateway says that the order is not paid", || {
            let sql = "SELECT COALESCE(not_paid_at, 0) FROM orders WHERE token = ?1";
            database.query_row(sql, [&order.token], |row| row.get::<_, i64>(0)).expect("the order") >= moment
        });
    }

    /// The tokens of the paid orders.
    pub fn paid(&self) -> Vec<String> {
        let database = self.database();
        let sql = "SELECT token FROM payments JOIN orders ON id = order_id ORDER BY id";
        let mut statement = database.prepare(sql).expect("the tables");
        let tokens = statement.query_map([], |row| row.get(0)).expect("the tables");
        tokens.collect::<Result<_, _>>().expect("the shipments")
    }
}

/// In milliseconds since 1970, as in the database.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    i64::try_from(since.as_millis()).expect("a date of this age")
}

#[track_caller]
pub fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    &answer.headers.iter().find(|(own, _)| own == name).expect("the header").1
}

/// The address of the merchant's next page.
pub fn older(page: &str) -> Option<String> {
    let (before, _) = page.split_once("plus anciennes</a>")?;
    let (_, address) = before.rsplit_once("<a href=\"")?;
    Some(address.split_once('"')?.0.replace("&#38;", "&"))
}

#[track_caller]
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30), "not within 30 s: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The gateway must know the shop's address before the shop runs, and the shop must know the gateway's. The port is not
/// one that the system hands out: the system could give it to another program in the meantime.
pub fn free_port() -> u16 {
    let ports = iter::repeat_with(|| fastrand::u16(10_000..32_000));
    ports.take(1_000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}

/// The shop's program, without the settings of the person who runs the tests.
pub fn program() -> Command {
    without_settings(PROGRAM)
}

pub fn without_settings(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(env::vars().filter(|(name, _)| ["PATH", "HOME", "TMPDIR"].contains(&&**name)));
    command
}

/// A program that is killed when this is dropped.
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn signal(child: &Child, signal: &str) {
    let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    assert!(kill.expect("kill").success());
}

fn run(mut program: Command, origin: &str, gateway: &str, directory: &Path) -> Killed {
    program
        .arg("--live")
        .arg(directory.join("shop.db"))
        .arg("--listen")
        .arg(origin.strip_prefix("http://").expect("an origin"));
    program
        .env("RUST_LOG", "warn")
        .stderr(File::options().create(true).append(true).open(directory.with_file_name("log")).expect("a log"));
    program.env("EKOLOPAY_ORIGIN", gateway).env("SHOP_PASSWORD", PASSWORD);
    program.env("EKOLOPAY_API_CLIENT", DEMO_API_CLIENT).env("EKOLOPAY_SECRET_KEY", DEMO_SECRET_KEY);
    let mut program = Killed(program.stdout(Stdio::piped()).spawn().expect("the program"));
    let said = first_lines(&mut program, 2);
    assert_eq!(said[0], format!("Shop: {origin}"));
    program
}

pub fn first_lines(program: &mut Killed, count: usize) -> Vec<String> {
    let out = program.0.stdout.take().expect("stdout");
    BufReader::new(out).lines().take(count).collect::<Result<_, _>>().expect("what the program says")
}

/// A gateway that gives this answer to every call.
pub fn answer_all(gateway: &TcpListener, body: &str) {
    for mut stream in gateway.incoming().flatten() {
        let _ = stream.set_read_timeout(Some(Duration::from_millis(100)));
        let _ = stream.read_to_end(&mut Vec::new());
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    }
}
