//! A shop that runs as in production, with a local gateway, and what its customers and its merchant do.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, Sandbox, SandboxBuilder, Settlement};
use rusqlite::Connection;
use rusqlite::types::FromSql;
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_ekolopay-shop");
/// With the right password, and with a guess.
pub const MERCHANT: (&str, &str) = ("Authorization", "Basic bWFyY2hhbmQ6YSBtZXJjaGFudCdzIHBhc3N3b3Jk");
pub const GUESS: (&str, &str) = ("Authorization", "Basic bTpndWVzcw==");

pub struct Shop {
    pub gateway: Sandbox,
    pub origin: String,
    checks: Arc<AtomicU64>,
    directory: TempDir,
    program: Option<Killed>,
}

/// What a customer knows after having ordered.
pub struct Order {
    pub token: String,
    pub cookie: String,
    pub path: String,
    pub number: String,
    pub id: i64,
    pub price: i64,
}

pub struct Answer {
    pub status: u16,
    pub text: String,
    /// Where the browser is sent.
    pub location: String,
    pub response: minreq::Response,
}

impl Answer {
    /// The token of a customer who is sent to pay.
    pub fn token(&self) -> Option<&str> {
        Some(self.location.split_once("/purchase-product/")?.1)
    }

    #[track_caller]
    pub fn shows(&self, texts: &[&str]) -> &Answer {
        let missing = texts.iter().find(|text| !self.text.contains(**text));
        assert_eq!(missing, None, "{} {}", self.status, self.text);
        self
    }

    #[track_caller]
    pub fn hides(&self, texts: &[&str]) -> &Answer {
        let shown = texts.iter().find(|text| self.text.contains(**text));
        assert_eq!(shown, None, "{} {}", self.status, self.text);
        self
    }
}

/// A body is a form.
pub fn send(request: minreq::Request, headers: &[(&str, &str)]) -> Result<Answer, minreq::Error> {
    let request = request.with_header("Content-Type", "application/x-www-form-urlencoded");
    let request = request.with_headers(headers.iter().copied());
    let response = request.with_follow_redirects(false).with_timeout(60).send()?;
    let location = response.header("location").unwrap_or_default().to_owned();
    Ok(Answer { status: response.status_code, text: response.as_str()?.to_owned(), location, response })
}

impl Shop {
    pub fn start() -> Shop {
        Shop::with(|gateway| gateway)
    }

    /// With other settings of the local gateway.
    pub fn with(settings: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> Shop {
        let (origin, checks) = (format!("http://127.0.0.1:{}", free_port()), Arc::new(AtomicU64::new(0)));
        let counter = Arc::clone(&checks);
        let gateway = Sandbox::builder().log(move |line| {
            counter.fetch_add(u64::from(line.contains("/check-payment ")), Ordering::SeqCst);
        });
        let gateway = gateway.callback_url(format!("{origin}/callback"));
        let gateway = settings(gateway.redirect_url(format!("{origin}/payment-status"))).start().unwrap();
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("shop")).unwrap();
        let mut shop = Shop { gateway, origin, checks, directory, program: None };
        shop.start_again();
        shop
    }

    pub fn start_again(&mut self) {
        self.start_by(program(PROGRAM));
    }

    /// Starts it by a command that runs the program.
    pub fn start_by(&mut self, mut command: Command) {
        self.program = None;
        let log = File::options().create(true).append(true).open(self.directory.path().join("log")).unwrap();
        command.arg("--live").arg(self.file()).args(["--listen", self.origin.trim_start_matches("http://")]);
        command.env("EKOLOPAY_ORIGIN", self.gateway.origin()).env("EKOLOPAY_API_CLIENT", DEMO_API_CLIENT);
        command.env("EKOLOPAY_SECRET_KEY", DEMO_SECRET_KEY).env("SHOP_PASSWORD", "a merchant's password");
        let mut child = command.env("RUST_LOG", "warn").stderr(log).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines().next();
        self.program = Some(Killed(child));
        assert_eq!(said.expect("it runs").unwrap(), format!("Shop: {}", self.origin));
    }

    /// Ends it by a signal. Returns whether it ended in good order.
    pub fn end_by(&mut self, signal: &str) -> bool {
        let mut program = self.program.take().unwrap();
        let mut kill = Command::new("kill");
        assert!(kill.args(["-s", signal, &program.0.id().to_string()]).status().unwrap().success());
        program.0.wait().unwrap().success()
    }

    /// The database. Nothing else is in its folder.
    pub fn file(&self) -> PathBuf {
        self.directory.path().join("shop/shop.db")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap()
    }

    pub fn database(&self) -> Connection {
        Connection::open(self.file()).unwrap()
    }

    pub fn sql(&self, statements: &str) {
        self.database().execute_batch(statements).unwrap();
    }

    pub fn value<T: FromSql>(&self, query: &str) -> T {
        self.database().query_row(query, [], |row| row.get(0)).unwrap()
    }

    /// The tokens of the paid orders.
    pub fn paid(&self) -> Vec<String> {
        let tokens = "SELECT COALESCE(group_concat(token ORDER BY id), '') FROM payments JOIN orders ON id = order_id";
        self.value::<String>(tokens).split_terminator(',').map(str::to_owned).collect()
    }

    /// Open orders of long ago, all of them due.
    pub fn add_old_orders(&self, count: u32) {
        self.sql(&format!(
            "WITH RECURSIVE series (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM series WHERE value < {count})
             INSERT INTO orders (id, reference, form_key, slug, label, details, amount, name, phone, ordered_at, token, due)
             SELECT value, value, value, 'lampe', 'Lampe', '', 1, 'Old', '06', 0, 'old-' || value, 0 FROM series"
        ));
    }

    /// Requests of checks that the gateway has answered: two each, as the SDK asks first whether it is in service.
    pub fn checks(&self) -> u64 {
        self.checks.load(Ordering::SeqCst)
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        send(minreq::get(format!("{}{path}", self.origin)), headers).unwrap()
    }

    pub fn post(&self, path: &str, fields: impl Into<Vec<u8>>, headers: &[(&str, &str)]) -> Answer {
        send(minreq::post(format!("{}{path}", self.origin)).with_body(fields), headers).unwrap()
    }

    /// Sends these bytes, and reads the answer to its end.
    pub fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.origin.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(bytes).unwrap();
        io::read_to_string(stream).unwrap()
    }

    /// Sends the order form of an article, with the price that its page shows.
    pub fn submit(&self, slug: &str, fields: &str, headers: &[(&str, &str)]) -> Answer {
        let price: i64 = self.value(&format!("SELECT amount FROM products WHERE slug = '{slug}'"));
        self.post(&format!("/produits/{slug}"), format!("price={price}&{fields}"), headers)
    }

    pub fn order(&self, slug: &str) -> Order {
        self.ordered(&self.submit(slug, "phone=066304925&name=Kanza", &[]))
    }

    /// The order of a customer whom this answer sends to pay.
    pub fn ordered(&self, answer: &Answer) -> Order {
        let token = answer.token().expect("the payment page").to_owned();
        let cookie = answer.response.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let sql = "SELECT id, amount, '/commandes/' || reference,
                          'n°' || char(160) || replace(printf('%,d', id), ',', char(8239)) FROM orders WHERE token = ?1";
        let order = self.database().query_row(sql, [&token], |row| {
            let (id, price, path, number) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(Order { token: token.clone(), cookie, path, number, id, price })
        });
        order.expect("it is stored before its customer is sent to pay")
    }

    /// Presses a button of the order's page: `payer` or `recommencer`.
    pub fn press(&self, button: &str, order: &Order) -> Answer {
        self.post(&format!("{}/{button}", order.path), format!("price={}", order.price), &[("Cookie", &order.cookie)])
    }

    /// The customer pays, the gateway sends its callback, and the shop knows it.
    pub fn pays(&self, order: &Order) {
        assert_eq!(self.gateway.settle(&order.token, Settlement::Paid), Some(true));
        self.wait_for(order, "paid");
    }

    pub fn callback(&self, token: &str, status: &str) -> Answer {
        let success = !["FAILED", "REJECTED", "TIMEOUT"].contains(&status);
        self.post("/callback", format!("purchaseToken={token}&paymentSuccessful={success}&status={status}"), &[])
    }

    pub fn state(&self, order: &Order) -> String {
        self.get(&format!("{}/etat", order.path), &[]).text
    }

    pub fn wait_for(&self, order: &Order, state: &str) {
        wait_until(&format!("the order is {state}"), || self.state(order) == state);
    }

    /// Does this, and waits until the gateway has answered "not paid" to a check that started since.
    pub fn not_paid_after(&self, order: &Order, act: impl FnOnce()) {
        let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        act();
        let checked = format!("SELECT COALESCE(not_paid_at, 0) >= {start} FROM orders WHERE id = {}", order.id);
        wait_until("the gateway says that the order is not paid", || self.value(&checked));
    }

    pub fn merchant(&self, path: &str) -> Answer {
        self.get(&format!("/marchand{path}"), &[MERCHANT])
    }

    /// The merchant presses this button of an order.
    pub fn merchant_presses(&self, change: &str, order: &Order) -> Answer {
        self.merchant_sends(&format!("change={change}&order={}", order.id))
    }

    pub fn merchant_sends(&self, fields: &str) -> Answer {
        let page = self.merchant("").text;
        let (_, key) = page.split_once(r#"name="key" value=""#).expect("a form");
        self.post("/marchand", format!("key={}&{fields}", &key[..32]), &[MERCHANT])
    }
}

#[track_caller]
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30), "not within 30 s: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// What this gives, done `times` times at once.
pub fn at_once<T: Send>(times: usize, act: impl Fn() -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..times).map(|_| scope.spawn(&act)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Shop and gateway must know each other's address before both run. It is no port that the system hands out to others.
pub fn free_port() -> u16 {
    let mut ports = (0..1_000).map(|_| fastrand::u16(10_000..32_000));
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}

/// A program without the settings of the person who runs the tests.
pub fn program(name: &str) -> Command {
    let mut command = Command::new(name);
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
