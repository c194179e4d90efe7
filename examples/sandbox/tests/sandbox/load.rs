//! Many payments and connections, too many requests, troubles that were asked for, and the end.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::{Sandbox, Trouble};
use ekolopay_test_kit::response;

use crate::client::{Answer, CHECK, check, get, is_paid, new_token, post, purchase, raw, settle, shop};

/// Each is settled twice at once, and its shop checks it before it answers the callback.
#[test]
fn a_thousand_payments_over_64_connections_end_once() {
    let gateway = Arc::new(OnceLock::<Sandbox>::new());
    let known = Arc::clone(&gateway);
    let url = shop(move |callback| {
        let paid = is_paid(known.get().unwrap(), callback.body.split(['=', '&']).nth(1).unwrap());
        response(if callback.body.contains(&format!("Successful={paid}&")) { 200 } else { 500 }, "")
    });
    gateway.set(Sandbox::builder().callback_url(url).start().unwrap()).unwrap();
    let sandbox = gateway.get().unwrap();
    let one = || {
        let token = new_token(sandbox, &[]);
        let settle = |outcome| settle(sandbox, &token, outcome).status;
        let (paid, failed) = thread::scope(|scope| {
            let failed = scope.spawn(|| settle("failed"));
            (settle("paid"), failed.join().unwrap())
        });
        assert_eq!((paid, failed), if is_paid(sandbox, &token) { (303, 409) } else { (409, 303) });
    };
    thread::scope(|scope| (0..64).for_each(|_| drop(scope.spawn(|| (0..16).for_each(|_| one())))));
    for payment in sandbox.payments() {
        assert_eq!(payment.notifications.iter().map(|sent| &sent.result).collect::<Vec<_>>(), [&Ok(200)]);
    }
    sandbox.add_payment("the newest", 1);
    let page = get(sandbox, "/sandbox");
    page.shows(&["Les 50 plus récents sur 1\u{202f}025.", ">the newest<"]);
    assert_eq!(page.text.matches("<li>").count(), 50);
}

#[test]
fn a_full_sandbox_says_so() {
    let sandbox = Sandbox::builder().latency(Duration::from_secs(3)).start().unwrap();
    let answers: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..300).map(|_| scope.spawn(|| post(&sandbox, CHECK, ""))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let served = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.http.header("Retry-After") == Some("1")).count();
    assert!(served >= 256 && refused > 0 && served + refused == 300, "{served} were served, {refused} refused");
    let started = Instant::now();
    assert_eq!(get(&sandbox, "/sandbox").status, 200);
    assert!(started.elapsed() < Duration::from_secs(3), "only the calls have latency");
}

#[test]
fn a_dropped_sandbox_answers_what_is_under_way_and_leaves_nothing_open() {
    // It starts and stops in asynchronous tests too.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let builder = Sandbox::builder().latency(Duration::from_millis(300));
    let sandbox = runtime.block_on(async { builder.start().unwrap() });
    let address = sandbox.address();
    let call = format!("POST {CHECK} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let streams = ["", "POST /", &call].map(|bytes| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        stream
    });
    assert_eq!(get(&sandbox, "/sandbox").status, 200);
    thread::sleep(Duration::from_millis(100));
    let started = Instant::now();
    runtime.block_on(async { drop(sandbox) });
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert!(TcpStream::connect(address).is_err());
    let answers = streams.map(|mut stream| {
        let mut answer = String::new();
        let silent = stream.read_to_string(&mut answer).is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        assert!(!silent, "it is shut down or reset");
        answer
    });
    assert!(answers[2].contains("Le corps de la requête"), "{answers:?}");
}

#[test]
fn calls_beyond_the_limit_get_a_429() {
    assert_eq!(Sandbox::builder().rate_limit(0).start().unwrap_err().kind(), ErrorKind::InvalidInput);
    let sandbox = Sandbox::builder().rate_limit(3).start().unwrap();
    let begun = Instant::now();
    let answers = [(); 50].map(|()| purchase(&sandbox, &[]));
    let seconds = begun.elapsed().as_secs() + 2; // a second may have begun before, and another one after
    let refused = |answer: &&Answer| answer.status == 429 && answer.http.header("Retry-After") == Some("1");
    let accepted = 50 - answers.iter().filter(refused).count();
    assert!(accepted >= 3 && accepted as u64 <= 3 * seconds, "{accepted} in {seconds} s");
    assert_eq!(sandbox.payments().len(), accepted, "a refused call has no effect");
    thread::sleep(Duration::from_secs(1));
    assert_eq!(check(&sandbox, "").status, 200);
}

fn fates(calls: u32, trouble: Trouble) -> Vec<&'static str> {
    let sandbox = Sandbox::builder().trouble(trouble).start().unwrap();
    let fate = |_| {
        thread::sleep(Duration::from_millis(5));
        match &*raw(&sandbox, &format!("POST {CHECK} HTTP/1.1\r\nHost: localhost")) {
            "" => "cut",
            page if page.starts_with("HTTP/1.1 500 ") && page.contains("<html") => "error page",
            reply if reply.contains("UNAVAILABLE_SERVICE") => "outage",
            reply if reply.contains("Le corps de la requête") => "answered",
            reply => panic!("{reply}"),
        }
    };
    (0..calls).map(fate).collect()
}

#[test]
fn troubles_come_at_random_and_again_with_the_same_seed() {
    let troubled = |seed| fates(60, Trouble { seed, error_pages: 0.3, cuts: 0.3, ..Trouble::default() });
    let first = troubled(7);
    assert!(first == troubled(7) && first != troubled(8), "{first:?}");
    assert!(["cut", "error page", "answered"].iter().all(|fate| first.contains(fate)), "{first:?}");
    let mut outages = fates(100, Trouble { seed: 7, outages: 0.2, ..Trouble::default() });
    outages.dedup();
    assert!(outages.len() > 2, "none began, or none ended: {outages:?}");
    let begun = Instant::now();
    fates(40, Trouble { delays: 1.0, ..Trouble::default() });
    assert!(begun.elapsed() >= Duration::from_millis(600), "40 delays of 1 to 50 ms");
    let shared = Trouble::share(0.5, 7);
    assert_eq!((shared.cuts, shared.outages, shared.seed), (0.15, 0.05, 7));
}
