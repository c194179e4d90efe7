//! The requests that every program answers, beside a local gateway: goods are prepared once, and only for what is paid.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;

use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, Sandbox, SandboxBuilder, Settlement};
use minreq::Response;

const FORM: &str = "application/x-www-form-urlencoded";
const CHARSET: &str = "application/x-www-form-urlencoded; charset=UTF-8";
const JSON: &str = "application/json";
const NO_ORDER: &str = "Ouvrez cette page";
const PAID: &str = "Votre paiement est confirmé";
const NOT_CONFIRMED: &str = "Aucun paiement n’est confirmé";
const NOT_CHECKED: &str = "Le paiement ne peut pas être vérifié";

/// Callbacks that are not as documented: type and body, and the status that rouille and rocket give, which look at the
/// bytes alone, then axum's and actix-web's, which want the type of a form.
const MALFORMED: [(&str, &[u8], [u16; 3]); 6] = [
    ("", b"purchaseToken=TOKEN&paymentSuccessful=true&status=SUCCESS", [200, 415, 415]),
    (CHARSET, b"purchaseToken=TOKEN&paymentSuccessful=1&status=SUCCESS", [200; 3]),
    (FORM, b"purchaseToken=TOKEN&paymentSuccessful=true&status=SUCCESS&message=re\xe7u", [200; 3]),
    (JSON, br#"{"purchaseToken":"TOKEN","paymentSuccessful":"true","status":"SUCCESS"}"#, [400, 415, 415]),
    (FORM, b"purchaseToken=TOKEN&purchaseToken=TOKEN&paymentSuccessful=true&status=SUCCESS", [400, 422, 400]),
    (FORM, b"purchaseToken[]=TOKEN&paymentSuccessful=true&status=SUCCESS", [400, 422, 400]),
];

#[test]
fn every_program_prepares_what_is_paid_once_and_nothing_else() {
    journey(env!("CARGO_BIN_EXE_with-rouille"), 0, 413);
    journey(env!("CARGO_BIN_EXE_with-rocket"), 0, 400);
    journey(env!("CARGO_BIN_EXE_with-axum"), 1, 413);
    journey(env!("CARGO_BIN_EXE_with-actix-web"), 2, 413);
}

fn journey(program: &str, reader: usize, too_long: u16) {
    println!("{program}");
    let mut shop = Shop::start(program, Sandbox::builder());
    shop.a_payment();
    shop.claims_that_are_not_true();
    shop.the_return_page();
    shop.an_outage();
    shop.the_same_callback_at_the_same_moment();
    for (content_type, body, statuses) in MALFORMED {
        shop.a_malformed_callback(content_type, body, statuses[reader]);
    }
    let long = format!("purchaseToken=TOKEN&paymentSuccessful=true&status=SUCCESS&x={}", "x".repeat(64 * 1024));
    shop.a_malformed_callback(FORM, long.as_bytes(), too_long);
    shop.stop();

    let shop = Shop::start(program, Sandbox::builder().same_token(true));
    shop.order();
    let again = shop.post("/order", "", b"");
    assert_eq!((again.status_code, header(&again, "location")), (503, ""), "one payment must not pay for two orders");
    shop.stop();
}

struct Shop {
    sandbox: Sandbox,
    program: Child,
    output: Lines<BufReader<ChildStdout>>,
    address: String,
    /// The tokens of the orders that must be prepared, in this order.
    to_prepare: Vec<String>,
}

/// Token and cookie.
type Order = (String, String);

impl Shop {
    fn start(program: &str, sandbox: SandboxBuilder) -> Shop {
        let sandbox = sandbox.start().unwrap();
        let mut program = Command::new(program)
            .arg("127.0.0.1:0")
            .env("EKOLOPAY_ORIGIN", sandbox.origin())
            .env("EKOLOPAY_API_CLIENT", DEMO_API_CLIENT)
            .env("EKOLOPAY_SECRET_KEY", DEMO_SECRET_KEY)
            .env("ROCKET_LOG_LEVEL", "critical")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(program.stdout.take().unwrap()).lines();
        let is_address = |line: String| Some(line[line.find("http://")?..].to_owned());
        let address = output.by_ref().map_while(Result::ok).find_map(is_address).unwrap();
        Shop { sandbox, program, output, address, to_prepare: Vec::new() }
    }

    /// Each order that was paid has been prepared once, and no other.
    fn stop(mut self) {
        self.program.kill().unwrap();
        let lines = self.output.by_ref().map_while(Result::ok);
        let prepared = lines.filter_map(|line| Some(line.strip_prefix("prepared ")?.to_owned()));
        assert_eq!(prepared.collect::<Vec<_>>(), self.to_prepare);
    }

    fn a_payment(&mut self) {
        assert!(self.get("/", "").as_str().unwrap().contains("action=/order"));
        let order = self.order();
        self.shows(&order.1, 200, NOT_CONFIRMED);
        self.pay(&order);
        self.claims(&order.0, "true", "SUCCESS", 200);
        self.shows(&order.1, 200, PAID);
        self.claims(&order.0, "false", "FAILED", 200);
        self.shows(&order.1, 200, PAID);
    }

    fn claims_that_are_not_true(&mut self) {
        let (forged, rejected) = (self.order(), self.order());
        assert_eq!(self.sandbox.settle(&rejected.0, Settlement::Rejected), Some(true));
        for order in [&forged, &rejected] {
            self.claims(&order.0, "true", "SUCCESS", 200);
            self.shows(&order.1, 200, NOT_CONFIRMED);
        }
        // Paid, but not an order of this shop.
        let foreign = self.sandbox.add_payment("Un panier de mangues", 1_500);
        assert_eq!(self.sandbox.settle(&foreign, Settlement::Paid), Some(true));
        self.claims(&foreign, "true", "SUCCESS", 404);
    }

    fn the_return_page(&mut self) {
        let (large, small) = (self.order(), self.order());
        self.pay(&small);
        let page = self.get(&format!("/payment-status?purchaseToken={}", small.0), &large.1);
        assert!(page.as_str().unwrap().starts_with(NOT_CONFIRMED), "another order's token: {page:?}");
        // No callback has come.
        self.shows(&small.1, 200, PAID);
        let back = self.post("/payment-status", FORM, b"status=SUCCESS");
        assert_eq!((back.status_code, header(&back, "location")), (303, "/payment-status"));
        for other in ["", "order=", "order=f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "border=1; orders=2"] {
            self.shows(other, 200, NO_ORDER);
        }
    }

    fn an_outage(&mut self) {
        let order = self.order();
        self.sandbox.set_in_service(false);
        self.claims(&order.0, "true", "SUCCESS", 503);
        self.shows(&order.1, 503, NOT_CHECKED);
        let refused = self.post("/order", "", b"");
        assert_eq!((refused.status_code, header(&refused, "location"), header(&refused, "set-cookie")), (503, "", ""));
        self.sandbox.set_in_service(true);
        self.pay(&order);
        self.claims(&order.0, "true", "SUCCESS", 200);
    }

    fn the_same_callback_at_the_same_moment(&mut self) {
        let order = self.order();
        self.pay(&order);
        let shop = &*self;
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| shop.claims(&order.0, "true", "SUCCESS", 200));
                scope.spawn(|| shop.shows(&order.1, 200, PAID));
            }
        });
    }

    /// The order is paid, so what is not refused is prepared.
    fn a_malformed_callback(&mut self, content_type: &str, body: &[u8], status: u16) {
        let order = self.order();
        self.pay(&order);
        let (start, end) = body.split_at(body.windows(5).position(|window| window == b"TOKEN").unwrap());
        let body = [start, order.0.as_bytes(), &end[5..]].concat();
        let answer = self.post("/callback", content_type, &body);
        assert_eq!(answer.status_code, status, "{content_type}: {answer:?}");
        assert!(!answer.as_str().unwrap().contains(&order.0), "a value is shown: {answer:?}");
        if status != 200 {
            self.to_prepare.pop();
        }
    }

    fn order(&self) -> Order {
        let answer = self.post("/order", "", b"");
        assert_eq!(answer.status_code, 303, "{answer:?}");
        let page = format!("{}/purchase-product/", self.sandbox.origin());
        let token = header(&answer, "location").strip_prefix(&page).unwrap().to_owned();
        let (cookie, settings) = header(&answer, "set-cookie").split_once("; ").unwrap();
        assert_eq!(settings, "Path=/; Max-Age=604800; HttpOnly; SameSite=Lax");
        (token, cookie.to_owned())
    }

    fn pay(&mut self, order: &Order) {
        assert_eq!(self.sandbox.settle(&order.0, Settlement::Paid), Some(true));
        self.to_prepare.push(order.0.clone());
    }

    #[track_caller]
    fn claims(&self, token: &str, successful: &str, status: &str, expected: u16) {
        let form = format!("purchaseToken={token}&paymentSuccessful={successful}&status={status}&message=m");
        let answer = self.post("/callback", FORM, form.as_bytes());
        assert_eq!(answer.status_code, expected, "{answer:?}");
    }

    #[track_caller]
    fn shows(&self, cookie: &str, status: u16, text: &str) {
        let page = self.get("/payment-status", cookie);
        assert!(page.status_code == status && page.as_str().unwrap().starts_with(text), "{page:?}");
    }

    fn get(&self, path: &str, cookie: &str) -> Response {
        send(minreq::get(format!("{}{path}", self.address)).with_header("Cookie", cookie))
    }

    fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Response {
        let request = minreq::post(format!("{}{path}", self.address)).with_body(body);
        send(if content_type.is_empty() { request } else { request.with_header("Content-Type", content_type) })
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
}

fn send(request: minreq::Request) -> Response {
    request.with_timeout(30).with_follow_redirects(false).send().unwrap()
}
