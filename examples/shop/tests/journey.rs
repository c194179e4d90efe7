//! A whole purchase in a browser with the screen of a telephone: order, pay, come back.
//!
//! On each page, axe checks the rules of accessibility, and a screenshot is kept.

mod support;

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use support::{Killed, first_lines, program};
use tempfile::TempDir;

/// The shop with its local gateway, and a browser.
struct Journey {
    browser: Client,
    shop: String,
    gateway: String,
    name: &'static str,
    /// The shop, the browser's driver and its profile, which end with the test.
    _processes: (Killed, Killed, TempDir),
}

impl Journey {
    async fn start(name: &'static str) -> Journey {
        let mut shop = program();
        shop.args(["--listen", "127.0.0.1:0"]).env("RUST_LOG", "error").stdout(Stdio::piped());
        let mut shop = Killed(shop.spawn().expect("the shop"));
        let said = first_lines(&mut shop, 3);
        let after = |line: &String| line.split_once(": ").expect("a name and an address").1.to_owned();

        let driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn();
        let mut driver = Killed(driver.expect("chromium and chromedriver must be in the PATH"));
        let out = BufReader::new(driver.0.stdout.take().expect("stdout"));
        let port = out.lines().map_while(Result::ok).find_map(|line| {
            line.split_once("started successfully on port ").map(|(_, port)| port.trim_end_matches('.').to_owned())
        });
        let profile = tempfile::tempdir().expect("a directory");
        let data = format!("--user-data-dir={}", profile.path().display());
        let options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            &data,
        ];
        let telephone = json!({ "deviceMetrics": { "width": 390, "height": 844, "pixelRatio": 2.0, "touch": true } });
        let capabilities = json!({ "goog:chromeOptions": { "args": options, "mobileEmulation": telephone } });
        let Value::Object(capabilities) = capabilities else { unreachable!("an object") };
        let driver_url = format!("http://127.0.0.1:{}", port.expect("the driver's port"));
        let browser = ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&driver_url).await;
        let browser = browser.expect("a browser");
        let (shop_url, gateway) = (after(&said[0]), after(&said[2]));
        Journey { browser, shop: shop_url, gateway, name, _processes: (shop, driver, profile) }
    }

    /// Waits for the page with this heading, and checks that it is accessible and not wider than the screen.
    async fn arrive(&self, heading: &str) {
        let xpath = format!("//h1[normalize-space()={heading:?}]");
        let wait = self.browser.wait().at_most(Duration::from_secs(30));
        if let Err(error) = wait.for_element(Locator::XPath(&xpath)).await {
            panic!("no {heading:?} ({error}) in {}", self.browser.source().await.expect("a page"));
        }
        let picture = self.browser.screenshot().await.expect("a picture");
        let file = format!("{}-{}.png", self.name, heading.to_lowercase().replace(' ', "-"));
        fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(file), picture).expect("a file");

        let fits = "return document.documentElement.scrollWidth <= window.innerWidth";
        assert_eq!(self.browser.execute(fits, vec![]).await.expect("a script"), true, "{heading} scrolls sideways");
        let axe = env::var("AXE_CORE").expect("AXE_CORE, the path of axe.min.js");
        let axe = fs::read_to_string(axe).expect("axe.min.js");
        self.browser.execute(&axe, vec![]).await.expect("axe");
        let look = "const done = arguments[0]; axe.run().then(found => done(found.violations.map(violation => \
                    violation.id + ': ' + violation.nodes.map(node => node.html).join(' '))), error => done('' + error))";
        let found = self.browser.execute_async(look, vec![]).await.expect("a script");
        assert_eq!(found, json!([]), "not accessible: {heading}");
    }

    async fn find(&self, text: &str) -> Element {
        let xpath = format!("//*[self::a or self::button][contains(normalize-space(), {text:?})]");
        self.browser.find(Locator::XPath(&xpath)).await.unwrap_or_else(|error| panic!("no {text:?}: {error}"))
    }

    async fn click(&self, text: &str) {
        self.find(text).await.click().await.expect("a click");
    }

    async fn order(&self, product: &str) {
        self.browser.goto(&self.shop).await.expect("the shop");
        self.arrive("Catalogue").await;
        self.click(product).await;
        self.arrive(product).await;
        let phone = self.browser.find(Locator::Id("phone")).await.expect("the field");
        phone.send_keys("06 630 49 25").await.expect("a number");
        self.click("Payer").await;
    }

    /// At the gateway, and back.
    async fn choose(&self, outcome: &str) {
        self.arrive("Paiement").await;
        let url = self.browser.current_url().await.expect("an address");
        assert!(url.as_str().starts_with(self.gateway.trim_end_matches("sandbox")), "{url}");
        let button = format!("button[value={outcome}]");
        self.browser.find(Locator::Css(&button)).await.expect("a button").click().await.expect("a click");
    }

    /// Waits until the page says this.
    async fn wait_for(&self, text: &str) {
        let xpath = format!("//main//*[contains(normalize-space(), {text:?})]");
        let wait = self.browser.wait().at_most(Duration::from_secs(30));
        wait.for_element(Locator::XPath(&xpath)).await.unwrap_or_else(|error| panic!("no {text:?}: {error}"));
    }

    async fn set_in_service(&self, in_service: bool) {
        self.browser.goto(&self.gateway).await.expect("the gateway");
        let (now, then) = ("Mettre hors service", "Remettre en service");
        let (now, then) = if in_service { (then, now) } else { (now, then) };
        self.click(now).await;
        let then = format!("//button[.={then:?}]");
        self.browser.wait().for_element(Locator::XPath(&then)).await.expect("the gateway's new state");
    }

    /// The merchant's page.
    async fn merchant(&self) {
        let merchant = self.shop.replace("http://", "http://marchand:demo@") + "/marchand";
        self.browser.goto(&merchant).await.expect("all orders");
        self.arrive("Commandes").await;
    }

    /// Presses the Tab key until the element with this text or id has the focus.
    async fn tab_to(&self, text: &str) -> Element {
        for _ in 0..20 {
            let active = self.browser.active_element().await.expect("an element");
            active.send_keys(&String::from(char::from(Key::Tab))).await.expect("a key");
            let active = self.browser.active_element().await.expect("an element");
            let id = active.attr("id").await.expect("an element").unwrap_or_default();
            if id == text || active.text().await.expect("a text").contains(text) {
                return active;
            }
        }
        panic!("{text:?} is not reached by keyboard");
    }

    async fn end(self) {
        self.browser.close().await.expect("the end");
    }
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_customer_without_a_pointer_pays_and_the_merchant_delivers() {
    let journey = Journey::start("paid").await;
    let enter = String::from(char::from(Key::Enter));
    journey.browser.goto(&journey.shop).await.expect("the shop");
    journey.tab_to("Lampe solaire").await.send_keys(&enter).await.expect("a key");
    journey.arrive("Lampe solaire").await;
    journey.tab_to("phone").await.send_keys("066304925").await.expect("a number");
    journey.tab_to("name").await.send_keys("Kanza").await.expect("a name");
    journey.tab_to("Payer").await.send_keys(&enter).await.expect("a key");
    journey.arrive("Paiement").await;
    journey.tab_to("Simuler un paiement réussi").await.send_keys(&enter).await.expect("a key");
    journey.arrive("Commande payée").await;
    journey.merchant().await;
    journey.click("Livrée,").await;
    journey.wait_for("✓ Livrée").await;
    let look = "const row = document.querySelector(location.hash); return [row.offsetHeight <= 100, row.contains(document.querySelector('.orders button'))]";
    let seen = journey.browser.execute(look, vec![]).await.expect("a script");
    assert_eq!(seen, json!([true, true]), "an order takes about 90 pixels, and the click comes back to it");
    journey.click("n°").await;
    journey.wait_for("Historique").await;
    journey.click("Remettre à livrer").await;
    journey.wait_for("Payée, à livrer").await;
    journey.end().await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_customers_payment_fails_twice_and_the_merchant_archives_the_order() {
    let journey = Journey::start("failed").await;
    journey.order("Café de la Lékoumou").await;
    journey.choose("rejected").await;
    journey.arrive("Votre paiement n’a pas abouti").await;
    journey.click("Réessayer le paiement").await;
    journey.choose("timeout").await;
    journey.arrive("Votre paiement n’a pas abouti").await;
    let order = journey.browser.current_url().await.expect("an address");
    journey.merchant().await;
    journey.click("Archiver").await;
    journey.wait_for("Archivée, pas payée").await;
    journey.browser.goto(order.as_str()).await.expect("the order");
    journey.arrive("Commande archivée").await;
    journey.merchant().await;
    journey.click("Rouvrir").await;
    journey.wait_for("Délai dépassé").await;
    journey.end().await;
}

/// The gateway is down when the customer orders, and again when they come back.
#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_customer_meets_an_outage() {
    let journey = Journey::start("unavailable").await;
    journey.set_in_service(false).await;
    journey.order("iPhone S").await;
    journey.arrive("Paiement indisponible pour le moment").await;
    let order = journey.browser.current_url().await.expect("an address");
    journey.set_in_service(true).await;
    journey.browser.goto(order.as_str()).await.expect("the order");
    journey.click("Payer").await;
    journey.arrive("Paiement").await;
    let payment = journey.browser.current_url().await.expect("an address");

    journey.set_in_service(false).await;
    journey.browser.goto(&format!("{}/payment-status", journey.shop)).await.expect("the return page");
    journey.arrive("Vérification en cours").await;
    journey.set_in_service(true).await;
    journey.browser.goto(payment.as_str()).await.expect("the payment page");
    journey.choose("paid").await;
    // The page reloads by itself once the shop has verified the payment.
    journey.arrive("Commande payée").await;
    journey.end().await;
}

/// The same form twice: the back button in a first tab, and a payment in a second one.
#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_customer_goes_back_and_orders_again() {
    let journey = Journey::start("twice").await;
    journey.order("Lampe solaire").await;
    journey.arrive("Paiement").await;
    let payment = journey.browser.current_url().await.expect("an address");
    journey.browser.back().await.expect("the form");
    journey.arrive("Lampe solaire").await;
    let phone = journey.browser.find(Locator::Id("phone")).await.expect("the field");
    phone.clear().await.expect("an empty field");
    phone.send_keys("06 630 49 25").await.expect("a number");
    journey.click("Payer").await;
    journey.wait_for("Vous avez déjà commandé cet article").await;
    journey.click("Reprendre le paiement").await;
    journey.arrive("Paiement").await;
    assert_eq!(journey.browser.current_url().await.expect("an address"), payment);
    let first_tab = journey.browser.window().await.expect("a tab");
    let second_tab = journey.browser.new_window(true).await.expect("a tab");
    journey.browser.switch_to_window(second_tab.handle).await.expect("the tab");
    journey.browser.goto(payment.as_str()).await.expect("the payment page");
    journey.choose("paid").await;
    journey.arrive("Commande payée").await;
    journey.browser.switch_to_window(first_tab).await.expect("the tab");
    journey.browser.goto(&format!("{}/payment-status", journey.shop)).await.expect("the return page");
    journey.arrive("Commande payée").await;
    journey.click("Vos commandes").await;
    journey.arrive("Vos commandes").await;
    journey.end().await;
}
