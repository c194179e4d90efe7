//! The requests that every recipe answers: sent to a running program, beside a local gateway.

use std::io::{BufRead, BufReader, Cursor};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, Sandbox, SandboxBuilder, Settlement};
use ekolopay_test_kit::command;
use ureq::http::{HeaderMap, Request, Response};
use ureq::{Agent, SendBody};

/// Has the table of what each framework answers.
const README: &str = include_str!("../../README.md");

const FORM: &str = "application/x-www-form-urlencoded";
const NO_ORDER: &str = "Merci. Ouvrez cette page dans le navigateur avec lequel vous avez commandé.";
const PAID: &str = "Votre paiement est confirmé. Nous préparons votre commande.";
const NOT_CONFIRMED: &str =
    "Aucun paiement n’est confirmé pour le moment. Si vous venez de payer, rechargez cette page dans un instant.";
const NOT_CHECKED: &str = "Le paiement ne peut pas être vérifié pour le moment. Si vous avez payé, votre paiement n’est pas \
                           perdu\u{a0}: rechargez cette page plus tard.";

/// Starts the program, and sends everything to it. `framework` is its column in the table.
///
/// # Panics
///
/// If an answer is not as expected.
pub fn run(framework: &str, program: &str) {
    let mut journey = Journey::start(program, Sandbox::builder());
    journey.a_payment();
    journey.claims_that_are_not_true();
    journey.the_return_page();
    journey.an_outage();
    journey.the_same_callback_at_the_same_moment();
    journey.the_callbacks_of_the_table(framework);
    journey.the_cookies_of_the_table(framework);
    journey.stop();

    let mut journey = Journey::start(program, Sandbox::builder().latency(Duration::from_millis(500)).same_token(true));
    journey.a_slow_gateway();
    journey.a_token_that_another_order_has();
    journey.stop();
}

struct Journey {
    sandbox: Sandbox,
    /// What the gateway was asked, one line per request.
    asked: Arc<Mutex<Vec<String>>>,
    program: Child,
    output: Option<JoinHandle<Vec<String>>>,
    address: String,
    agent: Agent,
    /// The tokens of the orders that must be shipped, in this order.
    to_ship: Vec<String>,
}

struct Order {
    token: String,
    cookie: String,
}

/// An answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Journey {
    fn start(program: &str, sandbox: SandboxBuilder) -> Journey {
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&asked);
        let log = move |line: &str| log.lock().unwrap().push(line.to_owned());
        let sandbox = sandbox.log(log).start().unwrap();
        let mut program = command(program)
            .arg("127.0.0.1:0")
            .env("EKOLOPAY_ORIGIN", sandbox.origin())
            .env("EKOLOPAY_API_CLIENT", DEMO_API_CLIENT)
            .env("EKOLOPAY_SECRET_KEY", DEMO_SECRET_KEY)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines().map(Result::unwrap);
        let address = lines.find(|line| line.starts_with("http://")).unwrap();
        let output = thread::spawn(move || lines.filter(|line| line.starts_with("shipped ")).collect());
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .into();
        Journey { sandbox, asked, program, output: Some(output), address, agent, to_ship: Vec::new() }
    }

    /// Each order that was paid has been shipped once, and no other.
    fn stop(mut self) {
        self.program.kill().unwrap();
        let shipped = self.output.take().unwrap().join().unwrap();
        let to_ship: Vec<String> = self.to_ship.iter().map(|token| format!("shipped {token}")).collect();
        assert_eq!(shipped, to_ship);
    }

    fn a_payment(&mut self) {
        let home = self.get("/", "");
        assert!(
            home.header("content-type").starts_with("text/html") && home.text.contains("action=/order"),
            "{home:?}"
        );

        let order = self.order();
        assert!(order.cookie.ends_with("; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax"), "{}", order.cookie);
        self.shows(&order, 200, NOT_CONFIRMED);
        self.pay(&order);
        self.claims(&order.token, "true", "SUCCESS", 200);
        self.shows(&order, 200, PAID);

        let asked = self.asked();
        self.claims(&order.token, "true", "SUCCESSFUL", 200);
        self.claims(&order.token, "false", "FAILED", 200);
        self.shows(&order, 200, PAID);
        assert_eq!(self.asked(), asked, "a payment that is confirmed is not checked again");
    }

    fn claims_that_are_not_true(&mut self) {
        let forged = self.order();
        self.claims(&forged.token, "true", "SUCCESS", 200);
        self.shows(&forged, 200, NOT_CONFIRMED);

        let rejected = self.order();
        assert_eq!(self.sandbox.settle(&rejected.token, Settlement::Rejected), Some(true));
        self.claims(&rejected.token, "true", "SUCCESS", 200);
        self.claims(&rejected.token, "false", "REJECTED", 200);
        self.shows(&rejected, 200, NOT_CONFIRMED);

        // Paid, but not an order of this shop.
        let foreign = self.sandbox.add_payment("Un panier de mangues", 1_500);
        assert_eq!(self.sandbox.settle(&foreign, Settlement::Paid), Some(true));
        let asked = self.asked();
        self.claims(&foreign, "true", "SUCCESS", 404);
        assert_eq!(self.asked(), asked, "no one can make the shop ask about what is not its own");
    }

    fn the_return_page(&mut self) {
        let (large, small) = (self.order(), self.order());
        self.pay(&small);
        let with_token = self.get(&format!("/payment-status?purchaseToken={}", small.token), &large.cookie);
        assert_eq!((with_token.status, &*with_token.text), (200, NOT_CONFIRMED), "another order's token");
        // No callback has come.
        self.shows(&small, 200, PAID);

        let back = self
            .send(Request::post(self.url("/payment-status")).header("Content-Type", FORM).body(()), b"status=SUCCESS");
        assert_eq!((back.status, back.header("location")), (303, "/payment-status"));

        let asked = self.asked();
        for cookie in ["", "order=", "order=f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "border=1; orders=2"] {
            let page = self.get("/payment-status", cookie);
            assert_eq!((page.status, &*page.text), (200, NO_ORDER), "{cookie}");
        }
        assert_eq!(self.asked(), asked);
        let among_others = format!("theme=sombre; =; {}", small.cookie);
        assert_eq!(self.get("/payment-status", &among_others).text, PAID);
    }

    fn an_outage(&mut self) {
        let order = self.order();
        self.pay(&order);
        self.to_ship.pop();
        self.sandbox.set_in_service(false);
        self.claims(&order.token, "true", "SUCCESS", 503);
        self.claims(&order.token, "false", "FAILED", 503);
        self.shows(&order, 503, NOT_CHECKED);
        let refused = self.send(Request::post(self.url("/order")).body(()), b"");
        assert_eq!((refused.status, refused.header("location"), refused.header("set-cookie")), (503, "", ""));
        self.sandbox.set_in_service(true);
        self.claims(&order.token, "true", "SUCCESS", 200);
        self.to_ship.push(order.token);
    }

    fn the_same_callback_at_the_same_moment(&mut self) {
        for _ in 0..5 {
            let order = self.order();
            self.pay(&order);
            let shop = &*self;
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| shop.claims(&order.token, "true", "SUCCESS", 200));
                    scope.spawn(|| shop.shows(&order, 200, PAID));
                }
            });
        }
    }

    /// More callbacks wait for it than a framework has threads. They hold up no other request, and not each other.
    fn a_slow_gateway(&mut self) {
        let order = self.order();
        self.pay(&order);
        let journey = &*self;
        let home = thread::scope(|scope| {
            let callbacks: Vec<_> = (0..16)
                .map(|_| {
                    scope.spawn(|| {
                        journey.claims(&order.token, "true", "SUCCESS", 200);
                        Instant::now()
                    })
                })
                .collect();
            thread::sleep(Duration::from_millis(200));
            journey.get("/", "");
            let home = Instant::now();
            let callbacks: Vec<_> = callbacks.into_iter().map(|callback| callback.join().unwrap()).collect();
            assert!(callbacks.iter().all(|callback| home < *callback), "a page waited for a callback");
            home
        });
        assert!(home.elapsed() < Duration::from_secs(4), "callbacks waited for each other: {:?}", home.elapsed());
    }

    /// One payment must not pay for two orders.
    fn a_token_that_another_order_has(&self) {
        let refused = self.send(Request::post(self.url("/order")).body(()), b"");
        assert_eq!((refused.status, refused.header("location"), refused.header("set-cookie")), (503, "", ""));
    }

    /// Each is sent for an order that is paid, so what is not refused is shipped.
    fn the_callbacks_of_the_table(&mut self, framework: &str) {
        for (row, expected) in column("callback", framework) {
            let order = self.order();
            self.pay(&order);
            let answer = self.post_as(row, &order.token);
            assert_eq!(answer.status.to_string(), expected, "README.md, {framework}, {row}");
            if answer.status != 200 {
                self.to_ship.pop();
                assert!(answer.text.contains("purchaseToken") || !row.contains("purchaseToken"), "{row}: {answer:?}");
                assert!(!answer.text.contains(&order.token), "{row}: {answer:?}");
            }
        }
    }

    /// Each is sent before the cookie of an order that is paid.
    fn the_cookies_of_the_table(&mut self, framework: &str) {
        let order = self.order();
        self.pay(&order);
        self.shows(&order, 200, PAID);
        for (row, expected) in column("cookie", framework) {
            let other: &[u8] = match row {
                "in ASCII" => b"theme=clair",
                "in UTF-8" => "thème=clair".as_bytes(),
                "in Latin-1" => b"th\xe8me=clair",
                _ => panic!("README.md has a row that is not known here: {row}"),
            };
            let cookies = [other, b"; ", order.cookie.split(';').next().unwrap().as_bytes()].concat();
            let request = Request::get(self.url("/payment-status")).header("Cookie", cookies).body(()).unwrap();
            let found = match self.agent.run(request) {
                Err(_) => "no answer",
                Ok(mut page) => match &*page.body_mut().read_to_string().unwrap() {
                    PAID => "known",
                    NO_ORDER => "unknown",
                    other => panic!("{other}"),
                },
            };
            assert_eq!(found, expected, "README.md, {framework}, {row}");
        }
    }

    /// A callback, written as the row says.
    fn post_as(&self, row: &str, token: &str) -> Answer {
        let rest = "paymentSuccessful=true&status=SUCCESS&message=Paiement+r%C3%A9ussi.";
        let form = format!("purchaseToken={token}&{rest}");
        let (content_type, body) = match row {
            "as documented" | "chunked, without `Content-Length`" => (FORM, form.into_bytes()),
            "`charset=UTF-8` in its type" => ("application/x-www-form-urlencoded; charset=UTF-8", form.into_bytes()),
            "without `Content-Type`" => ("", form.into_bytes()),
            "JSON" => {
                let json = format!(
                    r#"{{"purchaseToken":"{token}","paymentSuccessful":"true","status":"SUCCESS","message":"Paiement réussi."}}"#
                );
                ("application/json", json.into_bytes())
            }
            "`multipart/form-data`" => {
                let fields = [("purchaseToken", token), ("paymentSuccessful", "true"), ("status", "SUCCESS")];
                let part = |(name, value)| {
                    format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                };
                let parts: String = fields.into_iter().map(part).collect();
                ("multipart/form-data; boundary=limit", format!("{parts}--limit--\r\n").into_bytes())
            }
            "`purchaseToken` twice" => (FORM, format!("{form}&purchaseToken={token}").into_bytes()),
            "`purchaseToken[]`" => (FORM, format!("purchaseToken[]={token}&{rest}").into_bytes()),
            "a Latin-1 byte in `message`" => (FORM, [form.as_bytes(), b" re\xe7u"].concat()),
            "a Latin-1 byte in `purchaseToken`" => (FORM, [b"purchaseToken=\xe9", &form.as_bytes()[14..]].concat()),
            "64 KiB" => (FORM, padded(form, 64 * 1024)),
            "a byte more than 64 KiB" => (FORM, padded(form, 64 * 1024 + 1)),
            _ => panic!("README.md has a row that is not known here: {row}"),
        };
        let mut request = Request::post(self.url("/callback"));
        if !content_type.is_empty() {
            request = request.header("Content-Type", content_type);
        }
        if row.starts_with("chunked") {
            let mut body = Cursor::new(body);
            return read(self.agent.run(request.body(SendBody::from_reader(&mut body)).unwrap()));
        }
        self.send(request.body(()), &body)
    }

    fn order(&self) -> Order {
        let answer = self.send(Request::post(self.url("/order")).body(()), b"");
        assert_eq!(answer.status, 303, "{answer:?}");
        let page = format!("{}/purchase-product/", self.sandbox.origin());
        let token = answer.header("location").strip_prefix(&page).unwrap().to_owned();
        Order { token, cookie: answer.header("set-cookie").to_owned() }
    }

    /// What the customer does at the gateway. The order is to be shipped.
    fn pay(&mut self, order: &Order) {
        assert_eq!(self.sandbox.settle(&order.token, Settlement::Paid), Some(true));
        self.to_ship.push(order.token.clone());
    }

    #[track_caller]
    fn claims(&self, token: &str, successful: &str, status: &str, expected: u16) {
        let form = format!("purchaseToken={token}&paymentSuccessful={successful}&status={status}&message=m");
        let answer =
            self.send(Request::post(self.url("/callback")).header("Content-Type", FORM).body(()), form.as_bytes());
        assert_eq!(answer.status, expected, "{answer:?}");
    }

    #[track_caller]
    fn shows(&self, order: &Order, status: u16, text: &str) {
        let page = self.get("/payment-status", &order.cookie);
        assert_eq!((page.status, &*page.text), (status, text));
    }

    fn get(&self, path: &str, cookie: &str) -> Answer {
        let cookie = cookie.split("; Path").next().unwrap_or_default();
        let request = Request::get(self.url(path)).header("Cookie", cookie).body(());
        read(self.agent.run(request.unwrap()))
    }

    fn send(&self, request: Result<Request<()>, ureq::http::Error>, body: &[u8]) -> Answer {
        read(self.agent.run(request.unwrap().map(|()| body)))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Drop for Journey {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

fn read(response: Result<Response<ureq::Body>, ureq::Error>) -> Answer {
    let (head, mut body) = response.unwrap().into_parts();
    Answer { status: head.status.as_u16(), headers: head.headers, text: body.read_to_string().unwrap() }
}

/// The rows of a table in README.md, with their cells in the column of a framework.
fn column(table: &str, framework: &str) -> Vec<(&'static str, &'static str)> {
    let lines = README.lines().map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    let mut rows = lines.skip_while(|cells| cells[0] != table).take_while(|cells| cells.len() > 1);
    let column = rows.next().unwrap().iter().position(|cell| *cell == framework).unwrap();
    let rows: Vec<_> = rows.skip(1).map(|cells| (cells[0], cells[column])).collect();
    assert!(!rows.is_empty(), "README.md has no rows for {table}");
    rows
}

fn padded(form: String, length: usize) -> Vec<u8> {
    let mut body = form.into_bytes();
    body.resize(length, b'x');
    body
}
