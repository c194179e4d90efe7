//! The requests that every program answers, beside a local gateway: goods are prepared once, and only for what is paid.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, Sandbox, SandboxBuilder, Settlement};
use ureq::http::{HeaderMap, Request};

const FORM: &str = "application/x-www-form-urlencoded";
const NO_ORDER: &str = "Ouvrez cette page";
const PAID: &str = "Votre paiement est confirmé";
const NOT_CONFIRMED: &str = "Aucun paiement n’est confirmé";
const NOT_CHECKED: &str = "Le paiement ne peut pas être vérifié";

/// What a callback that is not as documented gets: its kind, its type, its body (`TOKEN` stands for the token), the status.
type Malformed = (&'static str, &'static [u8], u16);

/// The programs that parse the bytes look at them alone.
const PARSED: [Malformed; 6] = [
    ("", b"purchaseToken=TOKEN&paymentSuccessful=true&status=SUCCESS", 200),
    (
        "application/x-www-form-urlencoded; charset=UTF-8",
        b"purchaseToken=TOKEN&paymentSuccessful=1&status=SUCCESS",
        200,
    ),
    (FORM, b"purchaseToken=TOKEN&paymentSuccessful=true&status=SUCCESS&message=re\xe7u", 200),
    ("application/json", br#"{"purchaseToken":"TOKEN","paymentSuccessful":"true","status":"SUCCESS"}"#, 400),
    (FORM, b"purchaseToken=TOKEN&purchaseToken=TOKEN&paymentSuccessful=true&status=SUCCESS", 400),
    (FORM, b"purchaseToken[]=TOKEN&paymentSuccessful=true&status=SUCCESS", 400),
];

/// axum and actix-web want the type of a form; they differ in the status of a form that breaks a rule.
const EXTRACTED: [Malformed; 3] = [
    (
        "application/x-www-form-urlencoded; charset=UTF-8",
        b"purchaseToken=TOKEN&paymentSuccessful=1&status=SUCCESS",
        200,
    ),
    ("", b"purchaseToken=TOKEN&paymentSuccessful=true&status=SUCCESS", 415),
    ("application/json", br#"{"purchaseToken":"TOKEN","paymentSuccessful":"true","status":"SUCCESS"}"#, 415),
];
const TWICE: &[u8] = b"purchaseToken=TOKEN&purchaseToken=TOKEN&paymentSuccessful=true&status=SUCCESS";

#[test]
fn rouille() {
    journey(env!("CARGO_BIN_EXE_with-rouille"), &PARSED, 413);
}

#[test]
fn axum() {
    journey(env!("CARGO_BIN_EXE_with-axum"), &[&EXTRACTED[..], &[(FORM, TWICE, 422)]].concat(), 413);
}

#[test]
fn actix_web() {
    journey(env!("CARGO_BIN_EXE_with-actix-web"), &[&EXTRACTED[..], &[(FORM, TWICE, 400)]].concat(), 413);
}

#[test]
fn rocket() {
    journey(env!("CARGO_BIN_EXE_with-rocket"), &PARSED, 400);
}

fn journey(program: &str, malformed: &[Malformed], too_long: u16) {
    let mut shop = Shop::start(program, Sandbox::builder());
    shop.a_payment();
    shop.claims_that_are_not_true();
    shop.the_return_page();
    shop.an_outage();
    shop.the_same_callback_at_the_same_moment();
    for (content_type, body, status) in malformed {
        shop.a_malformed_callback(content_type, body, *status);
    }
    let long =
        [b"purchaseToken=TOKEN&paymentSuccessful=true&status=SUCCESS&x=".as_slice(), &vec![b'x'; 64 * 1024]].concat();
    shop.a_malformed_callback(FORM, &long, too_long);
    shop.stop();

    let shop = Shop::start(program, Sandbox::builder().same_token(true));
    shop.order();
    let again = shop.post("/order", "", b"");
    assert_eq!((again.0, header(&again, "location")), (503, ""), "one payment must not pay for two orders");
    shop.stop();
}

struct Shop {
    sandbox: Sandbox,
    program: Child,
    output: Option<JoinHandle<Vec<String>>>,
    address: String,
    agent: ureq::Agent,
    /// The tokens of the orders that must be prepared, in this order.
    to_prepare: Vec<String>,
}

type Answer = (u16, HeaderMap, String);

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
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines().map(Result::unwrap);
        let address = lines.find(|line| line.starts_with("http://")).unwrap();
        let output = thread::spawn(move || lines.filter(|line| line.starts_with("prepared ")).collect());
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None);
        let agent = agent.timeout_global(Some(Duration::from_secs(30))).build().into();
        Shop { sandbox, program, output: Some(output), address, agent, to_prepare: Vec::new() }
    }

    /// Each order that was paid has been prepared once, and no other.
    fn stop(mut self) {
        self.program.kill().unwrap();
        let prepared = self.output.take().unwrap().join().unwrap();
        let expected: Vec<_> = self.to_prepare.iter().map(|token| format!("prepared {token}")).collect();
        assert_eq!(prepared, expected);
    }

    fn a_payment(&mut self) {
        assert!(self.send(Request::get(self.url("/")), b"").2.contains("action=/order"));
        let order = self.order();
        assert!(order.1.ends_with("; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax"), "{}", order.1);
        self.shows(&order, 200, NOT_CONFIRMED);
        self.pay(&order);
        self.claims(&order.0, "true", "SUCCESS", 200);
        self.shows(&order, 200, PAID);
        self.claims(&order.0, "false", "FAILED", 200);
        self.shows(&order, 200, PAID);
    }

    fn claims_that_are_not_true(&mut self) {
        let (forged, rejected) = (self.order(), self.order());
        assert_eq!(self.sandbox.settle(&rejected.0, Settlement::Rejected), Some(true));
        for order in [&forged, &rejected] {
            self.claims(&order.0, "true", "SUCCESS", 200);
            self.shows(order, 200, NOT_CONFIRMED);
        }
        // Paid, but not an order of this shop.
        let foreign = self.sandbox.add_payment("Un panier de mangues", 1_500);
        assert_eq!(self.sandbox.settle(&foreign, Settlement::Paid), Some(true));
        self.claims(&foreign, "true", "SUCCESS", 404);
    }

    fn the_return_page(&mut self) {
        let (large, small) = (self.order(), self.order());
        self.pay(&small);
        let url = self.url(&format!("/payment-status?purchaseToken={}", small.0));
        let page = self.send(Request::get(url).header("Cookie", cookie(&large)), b"");
        assert!(page.2.starts_with(NOT_CONFIRMED), "another order's token: {page:?}");
        // No callback has come.
        self.shows(&small, 200, PAID);
        let back = self.post("/payment-status", FORM, b"status=SUCCESS");
        assert_eq!((back.0, header(&back, "location")), (303, "/payment-status"));
        for other in ["", "order=", "order=f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "border=1; orders=2"] {
            self.shows(&(String::new(), other.to_owned()), 200, NO_ORDER);
        }
        self.shows(&(String::new(), format!("theme=sombre; =; {}", cookie(&small))), 200, PAID);
    }

    fn an_outage(&mut self) {
        let order = self.order();
        self.sandbox.set_in_service(false);
        self.claims(&order.0, "true", "SUCCESS", 503);
        self.shows(&order, 503, NOT_CHECKED);
        let refused = self.post("/order", "", b"");
        assert_eq!((refused.0, header(&refused, "location"), header(&refused, "set-cookie")), (503, "", ""));
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
                scope.spawn(|| shop.shows(&order, 200, PAID));
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
        assert_eq!(answer.0, status, "{content_type}: {answer:?}");
        assert!(!answer.2.contains(&order.0), "a value is shown: {answer:?}");
        if status != 200 {
            self.to_prepare.pop();
        }
    }

    fn order(&self) -> Order {
        let answer = self.post("/order", "", b"");
        assert_eq!(answer.0, 303, "{answer:?}");
        let page = format!("{}/purchase-product/", self.sandbox.origin());
        let token = header(&answer, "location").strip_prefix(&page).unwrap().to_owned();
        (token, header(&answer, "set-cookie").to_owned())
    }

    fn pay(&mut self, order: &Order) {
        assert_eq!(self.sandbox.settle(&order.0, Settlement::Paid), Some(true));
        self.to_prepare.push(order.0.clone());
    }

    #[track_caller]
    fn claims(&self, token: &str, successful: &str, status: &str, expected: u16) {
        let form = format!("purchaseToken={token}&paymentSuccessful={successful}&status={status}&message=m");
        let answer = self.post("/callback", FORM, form.as_bytes());
        assert_eq!(answer.0, expected, "{answer:?}");
    }

    #[track_caller]
    fn shows(&self, order: &Order, status: u16, text: &str) {
        let page = self.send(Request::get(self.url("/payment-status")).header("Cookie", cookie(order)), b"");
        assert!(page.0 == status && page.2.starts_with(text), "{page:?}");
    }

    fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        let request = Request::post(self.url(path));
        self.send(if content_type.is_empty() { request } else { request.header("Content-Type", content_type) }, body)
    }

    fn send(&self, request: ureq::http::request::Builder, body: &[u8]) -> Answer {
        let (head, mut body) = self.agent.run(request.body(body).unwrap()).unwrap().into_parts();
        (head.status.as_u16(), head.headers, body.read_to_string().unwrap())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn cookie(order: &Order) -> &str {
    order.1.split("; Path").next().unwrap_or_default()
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.1.get(name).map_or("", |value| value.to_str().unwrap())
}
