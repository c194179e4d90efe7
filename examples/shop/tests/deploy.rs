//! What stands in `deploy/`, a shop that is killed again and again, and how fast one with many open orders is.

mod support;

use std::collections::HashSet;
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use ekolopay_sandbox::{PaymentState, Settlement, Trouble};
use support::{GUESS, Killed, Shop, free_port, program, send, wait_until};
use tempfile::TempDir;

/// A web server in front of the shop, with its file of `deploy/` but for what needs root, and its origin.
fn front(shop: &Shop, server: &str) -> (String, Killed, TempDir) {
    let (directory, address) = (tempfile::tempdir().unwrap(), format!("127.0.0.1:{}", free_port()));
    let (folder, origin) = (directory.path().display(), format!("http://{address}"));
    let (file, start, arguments) = match server {
        "nginx" => ("nginx.conf", "main.conf", ["-e", "stderr", "-c"]),
        _ => ("Caddyfile", "Caddyfile", ["run", "--adapter=caddyfile", "--config"]),
    };
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|name| format!("{name}_temp_path {folder}/{name};")).concat();
    let main = "daemon off; master_process off; error_log stderr; events { } http { access_log off; ";
    let main = format!("pid {folder}/pid; {main} {temporary} include {folder}/nginx.conf; }}");
    fs::write(directory.path().join("main.conf"), main).unwrap();
    let changes = [
        ("127.0.0.1:8080", shop.origin.trim_start_matches("http://")),
        ("listen 443 ssl;", &format!("listen {address};")),
        ("listen 80;", &format!("listen unix:{folder}/http.sock;")),
        // The test is one client with the orders of a town.
        ("rate=5r/s", "rate=100000r/s"),
        ("shop.example {", &format!("{origin} {{")),
        ("\tservers {", "\tadmin off\n\tservers {"),
    ];
    let deployed = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(file)).unwrap();
    let site = changes.iter().fold(deployed, |text, (from, to)| text.replace(from, to));
    let site = site.lines().filter(|line| !line.contains("[::]") && !line.contains("ssl_certificate"));
    fs::write(directory.path().join(file), site.collect::<Vec<_>>().join("\n")).unwrap();
    let mut command = program(server);
    command.args(arguments).arg(directory.path().join(start)).env("HOME", directory.path());
    let server = Killed(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    wait_until("the web server answers", || send(minreq::get(&origin), &[]).is_ok_and(|answer| answer.status == 200));
    (origin, server, directory)
}

/// What the shop has answered is stored. A request is left without its answer at most while the shop restarts, as it does
/// three times in the second half. The web server names the client, and bounds what it sends.
#[test]
#[ignore = "needs nginx and Caddy"]
fn no_post_through_a_web_server_is_lost() {
    const POSTS: u32 = 3_008;
    for server in ["nginx", "caddy"] {
        let mut shop = Shop::start();
        let (front, _server, _directory) = front(&shop, server);
        let (posts, unanswered, stored) = (AtomicU32::new(0), AtomicU32::new(0), Mutex::new(Vec::new()));
        let post = |path: &str, fields: String| {
            let answer = send(minreq::post(format!("{front}{path}")).with_body(fields), &[]).unwrap();
            posts.fetch_add(1, SeqCst);
            let answered = ![502, 503].contains(&answer.status);
            if !answered {
                unanswered.fetch_add(1, SeqCst);
                thread::sleep(Duration::from_millis(20));
            }
            answered.then_some(answer)
        };
        // An order, and a callback for it.
        let client = || {
            let key = format!("{:032x}", fastrand::u128(..));
            let ordered = post("/produits/cafe", format!("phone=066304925&price=7500&key={key}"));
            let token = ordered.map_or("nobody".to_owned(), |answer| answer.token().unwrap().to_owned());
            let failed = format!("purchaseToken={token}&paymentSuccessful=false&status=FAILED");
            let noted = post("/callback", failed).is_some_and(|answer| answer.status == 200);
            let order = format!("form_key = '{key}' AND token = '{token}' AND {noted} <= (claim IS 'FAILED')");
            stored.lock().unwrap().extend((token != "nobody").then_some(order));
        };
        thread::scope(|scope| {
            let _clients = [(); 8].map(|()| scope.spawn(|| (0..POSTS / 16).for_each(|_| client())));
            wait_until("half of it is sent", || posts.load(SeqCst) > POSTS / 2);
            assert_eq!(unanswered.load(SeqCst), 0, "a request failed while the shop ran:\n{}", shop.log());
            for _ in 0..3 {
                assert!(shop.end_by("TERM"));
                shop.start_again();
                thread::sleep(Duration::from_millis(300));
            }
        });
        let (posts, unanswered) = (posts.into_inner(), unanswered.into_inner());
        println!("{posts} posts, {unanswered} not answered by the shop");
        assert!(posts == POSTS && unanswered < POSTS / 4);
        for order in stored.into_inner().unwrap() {
            assert_eq!(shop.value::<u32>(&format!("SELECT COUNT(*) FROM orders WHERE {order}")), 1, "lost: {order}");
        }
        let large = send(minreq::post(format!("{front}/callback")).with_body("x".repeat(65 * 1024)), &[]).unwrap();
        assert!([413, 502].contains(&large.status), "the shop may answer before Caddy has seen the end");
        let guess = send(minreq::get(format!("{front}/marchand")), &[GUESS, ("X-Forwarded-For", "192.0.2.1")]);
        assert!(guess.unwrap().status == 401 && shop.log().contains("for 127.0.0.1\n"), "{}", shop.log());
    }
}

/// `KILLS` says how many, 20 if it is not set. The customers' telephone numbers tell the sandbox how their payments end.
#[test]
#[ignore = "takes minutes"]
fn two_hundred_kills_lose_nothing() {
    let kills: u32 = env::var("KILLS").map_or(20, |kills| kills.parse().expect("a number"));
    let mut shop = Shop::with(|gateway| gateway.trouble(Trouble::share(0.05, 7)).pay_after(Duration::from_millis(200)));
    let (page, ends) = (format!("{}/produits/cafe", shop.origin), AtomicBool::new(false));
    // The tokens of those who were sent to pay. Nobody pays for another one.
    let sent = Mutex::new(HashSet::new());
    let customer = || {
        while !ends.load(SeqCst) {
            let (number, key) = (fastrand::u32(1..=11), fastrand::u128(..));
            let fields = format!("phone=0600000{number:02}&price=7500&key={key:032x}");
            // Sent again, the form finds its order.
            let order = (0..20).find_map(|_| {
                thread::sleep(Duration::from_millis(fastrand::u64(50..300)));
                let answer = send(minreq::post(&page).with_body(&*fields), &[]).ok()?;
                answer.token().map(str::to_owned)
            });
            sent.lock().unwrap().extend(order);
        }
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(customer);
        }
        for _ in 0..kills {
            thread::sleep(Duration::from_millis(fastrand::u64(50..600)));
            shop.end_by("KILL");
            shop.start_again();
        }
        ends.store(true, SeqCst);
    });
    thread::sleep(Duration::from_secs(1));
    let payments = shop.gateway.payments().into_iter();
    let paid = payments.filter(|payment| payment.state == PaymentState::Settled(Settlement::Paid));
    let paid: HashSet<_> = paid.map(|payment| payment.token).collect();
    let stored = || shop.paid().into_iter().collect::<HashSet<_>>();
    wait_until("every payment is stored", || (&paid & &*sent.lock().unwrap()).is_subset(&stored()));
    println!("{kills} kills, {} orders, {} paid", sent.into_inner().unwrap().len(), stored().len());
    assert!(stored().is_subset(&paid), "stored, but not paid");
    assert_eq!(shop.value::<String>("PRAGMA integrity_check"), "ok");
}

/// Checks and new orders per second, compared with those of 1,000 open orders without a failure.
#[test]
#[ignore = "measures"]
fn neither_many_open_orders_nor_a_few_failures_slow_the_shop() {
    let measure = |orders: u32, cuts: f64| {
        let shop = Shop::with(|gateway| gateway.trouble(Trouble { cuts, ..Trouble::default() }));
        shop.add_old_orders(orders);
        let (start, before) = (Instant::now(), shop.checks());
        wait_until("800 orders are checked", || shop.checks() >= before + 1_600);
        let checks = 800.0 / start.elapsed().as_secs_f64();
        shop.sql("UPDATE orders SET due = 86400000; PRAGMA wal_checkpoint(TRUNCATE)");
        let start = Instant::now();
        (0..200).for_each(|_| assert_eq!(shop.submit("cafe", "phone=066304925", &[]).status, 303));
        let rates = [checks, 200.0 / start.elapsed().as_secs_f64()];
        println!("{orders} open orders, {cuts} of the exchanges fail: checks and orders per second {rates:.0?}");
        rates
    };
    for (orders, cuts, least) in [(100_000, 0.0, 0.8), (1_000, 0.01, 0.6), (1_000, 0.05, 0.5)] {
        // One of three: something else may run on this machine.
        let holds = |_| {
            let (usual, rates) = (measure(1_000, 0.0), measure(orders, cuts));
            rates[0] >= least * usual[0] && rates[1] >= 0.5 * usual[1]
        };
        assert!((0..3).any(holds), "{orders} open orders, {cuts} of the exchanges fail");
    }
}
