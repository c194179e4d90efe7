//! What stands in `deploy/`, and a shop that is killed again and again: no request is lost without its client being told, and
//! no payment is lost.

mod support;

use std::collections::HashSet;
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::{PaymentState, Settlement, Trouble};
use support::{Killed, World, free_port, program, wait_until};
use tempfile::TempDir;
use ureq::Agent;
use ureq::http::header::LOCATION;
use ureq::http::{Response, StatusCode};

const CLIENTS: u32 = 8;
/// By each client; an order and a callback for it are two.
const ORDERS: u32 = 188;
const POSTS: u32 = 2 * CLIENTS * ORDERS;

/// A web server in front of the shop.
struct Front {
    origin: String,
    _program: Killed,
    directory: TempDir,
}

/// The command that starts a web server for this shop, at this origin, with its files in this folder.
type Server = fn(&World, &str, &Path) -> Command;

impl Front {
    fn start(world: &World, server: Server) -> Front {
        let origin = format!("http://127.0.0.1:{}", free_port());
        let directory = tempfile::tempdir().unwrap();
        let log = fs::File::create(directory.path().join("log")).unwrap();
        let mut command = server(world, &origin, directory.path());
        let program = Killed(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap());
        let front = Front { origin, _program: program, directory };
        let agent = agent();
        wait_until("the web server answers", || agent.get(&front.origin).call().is_ok());
        front
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap()
    }
}

fn nginx(world: &World, origin: &str, directory: &Path) -> Command {
    let path = directory.display();
    let changes = [
        ("listen 443 ssl;", &*format!("listen {};", origin.trim_start_matches("http://"))),
        ("listen 80;", &format!("listen unix:{path}/http.sock;")),
        // The test is one client with the orders of a town.
        ("rate=5r/s", "rate=100000r/s"),
    ];
    let site = deployed("nginx.conf", world, &changes);
    let without = ["[::]", "ssl_certificate"];
    let lines = site.lines().filter(|line| !without.iter().any(|word| line.contains(word)));
    let site = lines.collect::<Vec<_>>().join("\n");
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|name| format!("{name}_temp_path {path}/{name};\n")).concat();
    let main = format!(
        "daemon off; master_process off; pid {path}/pid; error_log stderr;\nevents {{ }}\n\
         http {{ access_log off; {temporary} {site} }}"
    );
    fs::write(directory.join("nginx.conf"), main).unwrap();
    let mut command = Command::new("nginx");
    command.args(["-e", "stderr", "-c"]).arg(directory.join("nginx.conf"));
    command
}

fn caddy(world: &World, origin: &str, directory: &Path) -> Command {
    let changes = [("shop.example {", &*format!("{origin} {{")), ("\tservers {", "\tadmin off\n\tservers {")];
    fs::write(directory.join("Caddyfile"), deployed("Caddyfile", world, &changes)).unwrap();
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(directory.join("Caddyfile"));
    command.env("HOME", directory).env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME");
    command
}

/// A file of `deploy/` for this shop and this test.
fn deployed(name: &str, world: &World, changes: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    let shop = world.origin.trim_start_matches("http://");
    changes.iter().chain(&[("127.0.0.1:8080", shop)]).fold(fs::read_to_string(path).unwrap(), |text, (from, to)| {
        assert!(text.contains(from), "{name} has no {from:?}");
        text.replace(from, to)
    })
}

/// A client that keeps its connections open, follows no redirects and repeats nothing.
fn agent() -> Agent {
    let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
    config.timeout_global(Some(Duration::from_secs(90))).build().into()
}

fn post(agent: &Agent, url: &str, form: &str) -> Result<Response<ureq::Body>, ureq::Error> {
    let mut answer = agent.post(url).content_type("application/x-www-form-urlencoded").send(form)?;
    // A connection is used again once its answer has been read.
    answer.body_mut().read_to_vec()?;
    Ok(answer)
}

/// The token in the address of the payment page, to which a customer is sent.
fn token(answer: &Response<ureq::Body>) -> Option<String> {
    let location = answer.headers().get(LOCATION)?.to_str().ok()?;
    Some(location.split_once("/purchase-product/")?.1.to_owned())
}

/// What the web server answered, and when it answered that the shop is down.
#[derive(Default)]
struct Seen {
    posts: AtomicU32,
    /// The form key of an order, and its token.
    orders: Mutex<Vec<(String, String)>>,
    callbacks: Mutex<Vec<String>>,
    gone: Mutex<Vec<(Instant, Instant)>>,
}

impl Seen {
    /// Returns the answer, if it is the shop's.
    fn post(&self, agent: &Agent, url: &str, form: &str) -> Option<Response<ureq::Body>> {
        let start = Instant::now();
        let answer = post(agent, url, form).unwrap_or_else(|error| panic!("{url}: {error}"));
        self.posts.fetch_add(1, Ordering::SeqCst);
        if answer.status() == StatusCode::BAD_GATEWAY || answer.status() == StatusCode::SERVICE_UNAVAILABLE {
            self.gone.lock().unwrap().push((start, Instant::now()));
            thread::sleep(Duration::from_millis(20));
            return None;
        }
        Some(answer)
    }

    /// Orders, and posts a callback for each order, or for nobody's.
    fn client(&self, number: u32, front: &str) {
        let agent = agent();
        for order in 0..ORDERS {
            let key = format!("{number:016x}{order:016x}");
            let form = format!("phone=066304925&name=Kanza&price=7500&key={key}");
            let ordered = self.post(&agent, &format!("{front}/produits/cafe"), &form);
            let token = ordered.map_or("nobody".to_owned(), |answer| token(&answer).expect("the payment page"));
            let form = format!("purchaseToken={token}&paymentSuccessful=false&status=FAILED");
            if let Some(answer) = self.post(&agent, &format!("{front}/callback"), &form) {
                assert_eq!(answer.status() == StatusCode::OK, token != "nobody");
                self.callbacks.lock().unwrap().push(token.clone());
            }
            self.orders.lock().unwrap().push((key, token));
        }
    }

    fn check(&self, world: &World) {
        assert_eq!(self.posts.load(Ordering::SeqCst), POSTS);
        let rows = |sql: &str| -> HashSet<(String, String)> {
            let database = world.database();
            let mut statement = database.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        let (stored, claims) = (
            rows("SELECT form_key, token FROM orders WHERE token IS NOT NULL"),
            rows("SELECT token, claim FROM orders WHERE claim IS NOT NULL"),
        );
        for order in self.orders.lock().unwrap().iter().filter(|(_, token)| token != "nobody") {
            assert!(stored.contains(order), "lost: the order {order:?}");
        }
        for token in self.callbacks.lock().unwrap().iter().filter(|token| *token != "nobody") {
            assert!(claims.contains(&(token.clone(), "FAILED".to_owned())), "lost: the callback for {token}");
        }
    }
}

/// What the shop has answered is stored, and it leaves a request without an answer only when it is down: it restarts three
/// times in the second half.
fn no_post_is_lost(server: Server) {
    let mut world = World::start();
    let front = Front::start(&world, server);
    let seen = Seen::default();
    let mut down = Vec::new();
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (seen, front) = (&seen, &front);
            scope.spawn(move || seen.client(number, &front.origin));
        }
        let start = Instant::now();
        while seen.posts.load(Ordering::SeqCst) < POSTS / 2 && start.elapsed() < Duration::from_secs(120) {
            thread::sleep(Duration::from_millis(20));
        }
        for _ in 0..3 {
            let start = Instant::now();
            world.stop();
            world.start_again();
            down.push((start, Instant::now()));
            thread::sleep(Duration::from_millis(300));
        }
    });
    seen.check(&world);
    let gone = seen.gone.into_inner().unwrap();
    println!("{POSTS} posts, 3 stops, {} posts not answered by the shop", gone.len());
    for (sent, answered) in &gone {
        let while_down = down.iter().any(|(stopped, started)| sent <= started && answered >= stopped);
        assert!(while_down, "a request failed while the shop ran:\n{}\n{}", world.log(), front.log());
    }
}

#[test]
#[ignore = "needs nginx and Caddy"]
fn no_post_through_nginx_is_lost() {
    no_post_is_lost(nginx);
}

#[test]
#[ignore = "needs nginx and Caddy"]
fn no_post_through_caddy_is_lost() {
    no_post_is_lost(caddy);
}

/// The web server passes on who asks and for which host, and refuses what is too large.
#[test]
#[ignore = "needs nginx and Caddy"]
fn the_web_servers_name_the_client_and_bound_its_requests() {
    let servers: [Server; 2] = [nginx, caddy];
    for server in servers {
        let world = World::start();
        let front = Front::start(&world, server);
        let agent = agent();
        let large = "x".repeat(65 * 1024);
        let answer = agent.post(format!("{}/callback", front.origin)).send(large);
        // The shop may answer before Caddy has seen the end of the body, or not.
        let refusals = [StatusCode::PAYLOAD_TOO_LARGE, StatusCode::BAD_GATEWAY];
        assert!(refusals.contains(&answer.unwrap().status()));
        let request = agent.get(format!("{}/marchand", front.origin)).header("X-Forwarded-For", "192.0.2.1");
        let answer = request.header("Authorization", "Basic bTpndWVzcw==").call().unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        let log = world.log();
        assert!(log.contains("for 127.0.0.1\n"), "{log}");
    }
}

/// How one customer orders and, mostly, pays. The shop may be killed at any moment.
fn customer(world: &str, gateway: &str, name: &str, ends: &AtomicBool) -> u32 {
    let agent = agent();
    let mut orders = 0;
    while !ends.load(Ordering::SeqCst) {
        orders += 1;
        let key = format!("{:016x}{orders:016x}", fastrand::u64(..));
        let form = format!("phone=066304925&name={name}&price=7500&key={key}");
        let payment = loop {
            match post(&agent, &format!("{world}/produits/cafe"), &form).as_ref().map(token) {
                Ok(Some(token)) => break Some(token),
                // Sent again, the form finds its order. Most customers give up when the shop is gone for long.
                Ok(None) | Err(_) if !ends.load(Ordering::SeqCst) => thread::sleep(Duration::from_millis(100)),
                Ok(None) | Err(_) => break None,
            }
        };
        let outcome = match fastrand::u32(..10) {
            0..=6 => "paid",
            7 => "failed",
            8 => "timeout",
            _ => continue,
        };
        if let Some(token) = payment {
            thread::sleep(Duration::from_millis(fastrand::u64(..300)));
            // Its callback may find nobody. During an outage, the payment page is out of service, too.
            let page = format!("{gateway}/purchase-product/{token}");
            let submit = || post(&agent, &page, &format!("outcome={outcome}")).unwrap().status();
            wait_until("the customer has paid or not", || submit() == StatusCode::SEE_OTHER);
        }
        thread::sleep(Duration::from_millis(fastrand::u64(..200)));
    }
    orders
}

/// `KILLS` says how many, 20 if it is not set.
#[test]
#[ignore = "takes minutes"]
fn two_hundred_kills_lose_nothing() {
    let kills: u32 = env::var("KILLS").map_or(20, |kills| kills.parse().expect("a number"));
    let mut world = World::with(program(), |sandbox| sandbox.trouble(Trouble::share(0.05, 7)));
    let (origin, gateway) = (world.origin.clone(), world.sandbox.origin());
    let ends = AtomicBool::new(false);
    let orders: u32 = thread::scope(|scope| {
        let customers: Vec<_> = (0..4)
            .map(|number| {
                let (origin, gateway, ends) = (&origin, &gateway, &ends);
                scope.spawn(move || customer(origin, gateway, &format!("Kanza {number}"), ends))
            })
            .collect();
        for _ in 0..kills {
            thread::sleep(Duration::from_millis(fastrand::u64(50..600)));
            world.kill();
            world.start_again();
        }
        ends.store(true, Ordering::SeqCst);
        customers.into_iter().map(|customer| customer.join().unwrap()).sum()
    });
    let start = Instant::now();
    let paid: HashSet<String> = world
        .sandbox
        .payments()
        .into_iter()
        .filter(|payment| payment.state == PaymentState::Settled(Settlement::Paid))
        .map(|payment| payment.token)
        .collect();
    let before = world.paid().len();
    let missing = || {
        let shipped: HashSet<String> = world.paid().into_iter().collect();
        paid.difference(&shipped).count()
    };
    while missing() > 0 {
        assert!(start.elapsed() < Duration::from_secs(60), "{} of {} paid orders not paid", missing(), paid.len());
        thread::sleep(Duration::from_millis(100));
    }
    println!(
        "{kills} kills, {orders} orders, {} paid, {before} of them noted at the last start, all {:.1} s later",
        paid.len(),
        start.elapsed().as_secs_f64()
    );
    let shipped = world.paid();
    let unpaid: Vec<_> = shipped.iter().filter(|token| !paid.contains(*token)).collect();
    assert!(unpaid.is_empty(), "noted, but not paid: {unpaid:?}");
    let once: HashSet<_> = shipped.iter().collect();
    assert_eq!(once.len(), shipped.len(), "noted twice");
    let whole: String = world.database().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok");
}
