//! The shop in a browser: a purchase by keyboard, and every page on a telephone and a wide screen, light and dark.

mod support;

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use ekolopay_sandbox::Settlement::Rejected;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use support::{Killed, MERCHANT, Shop};
use tempfile::TempDir;

struct Browser {
    client: Client,
    /// Where its driver listens.
    driver: String,
    shop: String,
    _process: (Killed, TempDir),
}

impl Browser {
    async fn at(shop: &Shop) -> Browser {
        let (mut driver, folder) = (Command::new("chromedriver"), tempfile::tempdir().unwrap());
        let driver = driver.arg("--port=0").env("TMPDIR", folder.path()).stdout(Stdio::piped()).spawn();
        let mut process = Killed(driver.expect("chromium and chromedriver must be in the PATH"));
        let mut lines = BufReader::new(process.0.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = lines.find_map(|line| Some(line.split_once("started successfully on port ")?.1.to_owned()));
        let driver = format!("http://127.0.0.1:{}", port.unwrap().trim_end_matches('.'));
        let options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
        let Value::Object(capabilities) = json!({ "goog:chromeOptions": { "args": options } }) else { unreachable!() };
        let client =
            ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&driver).await.unwrap();
        let browser = Browser { client, driver, shop: shop.origin.clone(), _process: (process, folder) };
        browser.set("Network.enable", json!({})).await;
        browser.set("Network.setExtraHTTPHeaders", json!({ "headers": { MERCHANT.0: MERCHANT.1 } })).await;
        browser
    }

    /// Sends a command of Chromium's own protocol.
    async fn set(&self, command: &str, parameters: Value) {
        let session = self.client.session_id().await.unwrap().unwrap();
        let url = format!("{}/session/{session}/goog/cdp/execute", self.driver);
        let answer = minreq::post(url).with_body(json!({ "cmd": command, "params": parameters }).to_string()).send();
        assert_eq!(answer.unwrap().status_code, 200, "{command}");
    }

    async fn visit(&self, path: &str, heading: &str) {
        self.client.goto(&format!("{}{path}", self.shop)).await.unwrap();
        self.arrive(heading).await;
    }

    /// Waits for the page with this heading. On each screen axe finds nothing that someone could not use, the page is not
    /// wider than the screen, and a picture of it is kept.
    async fn arrive(&self, heading: &str) {
        self.wait_for(&format!("//h1[contains(., '{heading}')]")).await;
        let axe = env::var("AXE_CORE").expect("AXE_CORE, the path of axe.min.js");
        self.client.execute(&fs::read_to_string(axe).unwrap(), vec![]).await.unwrap();
        for (width, scheme) in [(1_280, "light"), (1_280, "dark"), (390, "light"), (390, "dark")] {
            let screen = json!({ "width": width, "height": 844, "deviceScaleFactor": 2, "mobile": width == 390 });
            self.set("Emulation.setDeviceMetricsOverride", screen).await;
            let colours = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
            self.set("Emulation.setEmulatedMedia", colours).await;
            let file = format!("{}-{width}-{scheme}.png", heading.to_lowercase().replace(' ', "-"));
            let picture = self.client.screenshot().await.unwrap();
            fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(file), picture).unwrap();
            let look = "const done = arguments[0]; axe.run().then(found => done([found.violations.map(rule => \
                        rule.id + ': ' + rule.nodes.map(node => node.html).join(' ')), \
                        document.documentElement.scrollWidth <= window.innerWidth]), error => done('' + error))";
            let found = self.client.execute_async(look, vec![]).await.unwrap();
            assert_eq!(found, json!([[], true]), "{heading} at {width}, {scheme}: what axe finds, and whether it fits");
        }
    }

    async fn wait_for(&self, xpath: &str) {
        let found = self.client.wait().at_most(Duration::from_secs(30)).for_element(Locator::XPath(xpath)).await;
        assert!(found.is_ok(), "no {xpath} in {}", self.client.source().await.unwrap());
    }

    async fn click(&self, text: &str) {
        let xpath = format!("//*[self::a or self::button][contains(., '{text}')]");
        self.client.find(Locator::XPath(&xpath)).await.unwrap().click().await.unwrap();
    }

    /// Presses the Tab key until the element with this text or id has the focus, and then these keys.
    async fn tab_to(&self, text: &str, keys: &str) {
        let tab = &String::from(char::from(Key::Tab));
        for _ in 0..20 {
            self.client.active_element().await.unwrap().send_keys(tab).await.unwrap();
            let active = self.client.active_element().await.unwrap();
            if active.attr("id").await.unwrap().as_deref() == Some(text) || active.text().await.unwrap().contains(text)
            {
                return active.send_keys(keys).await.unwrap();
            }
        }
        panic!("{text:?} is not reached by keyboard");
    }
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_customer_without_a_pointer_pays_and_the_merchant_delivers() {
    let shop = Shop::start();
    let browser = Browser::at(&shop).await;
    let enter = &String::from(char::from(Key::Enter));
    browser.visit("/", "Catalogue").await;
    browser.tab_to("Lampe solaire", enter).await;
    browser.arrive("Lampe solaire").await;
    browser.tab_to("phone", "06").await;
    browser.tab_to("Payer", enter).await;
    browser.wait_for("//p[contains(., 'Un numéro valable a neuf chiffres')]").await;
    browser.arrive("Lampe solaire").await;
    browser.tab_to("phone", "066304925").await;
    browser.tab_to("Payer", enter).await;
    browser.wait_for("//h1[.='Paiement']").await;
    browser.tab_to("Simuler un paiement réussi", enter).await;
    browser.arrive("Commande payée").await;
    browser.visit("/commandes", "Vos commandes").await;

    browser.visit("/marchand", "Commandes").await;
    browser.click("Livrée,").await;
    browser.wait_for("//*[.='✓ Livrée']").await;
    let look = "const row = document.querySelector(location.hash); \
                return [row.offsetHeight <= 100, row.contains(document.querySelector('.orders button'))]";
    let seen = browser.client.execute(look, vec![]).await.unwrap();
    assert_eq!(seen, json!([true, true]), "an order takes about 90 pixels, and the click comes back to it");
    browser.click("n°").await;
    browser.arrive("Commande n°").await;
    browser.click("Remettre à livrer").await;
    browser.wait_for("//*[.='Payée, à livrer']").await;
    browser.client.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn every_state_of_an_order_can_be_read_and_its_page_changes_by_itself() {
    let shop = Shop::start();
    let browser = Browser::at(&shop).await;
    let (order, other) = (shop.order("cafe"), shop.order("pagne"));
    browser.visit(&other.path, "Paiement en attente").await;
    shop.gateway.settle(&other.token, Rejected);
    browser.arrive("Votre paiement n’a pas abouti").await;
    shop.gateway.set_in_service(false);
    shop.callback(&order.token, "SUCCESS");
    browser.visit(&order.path, "Vérification en cours").await;
    browser.visit(&shop.submit("iphone", "phone=066304925", &[]).location, "Paiement indisponible").await;
    shop.gateway.set_in_service(true);
    shop.not_paid_after(&order, || shop.sql("UPDATE orders SET sent_at = 0"));
    browser.visit(&order.path, "Paiement en attente").await;
    browser.wait_for("//button[contains(., 'Recommencer')]").await;
    shop.merchant_presses("archiver", &order);
    browser.visit(&order.path, "Commande archivée").await;
    shop.pays(&order);
    shop.sql("UPDATE payments SET paid_at = 0; INSERT INTO strays (token, seen_at) VALUES ('940d4e9a', 0)");
    browser.visit("/marchand", "Commandes").await;
    for (change, heading) in [("livrer", "livrée"), ("remettre", "payée"), ("rembourser", "remboursée")] {
        shop.merchant_presses(change, &order);
        browser.visit(&order.path, &format!("Commande {heading}")).await;
    }
    browser.visit("/nulle-part", "Page introuvable").await;
    browser.client.close().await.unwrap();
}
