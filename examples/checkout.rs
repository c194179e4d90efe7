//! A whole payment, from the order to the shipment, and what a shop must survive.
//!
//! `cargo run --example checkout` starts a local gateway in this process and plays the customer. If `EKOLOPAY_ORIGIN`,
//! `EKOLOPAY_API_CLIENT` and `EKOLOPAY_SECRET_KEY` are set, it uses that gateway instead, and stops at the step where the
//! customer pays.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use ekolopay::callback::Callback;
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::verify::{PaidPurchase, Verification};
use ekolopay::{Credentials, Gateway};
use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, Inbox, Sandbox};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let result = match env::var_os("EKOLOPAY_ORIGIN") {
        Some(origin) if !origin.is_empty() => order_at_a_given_gateway(),
        _ => checkout(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Not as expected: {error}");
            let mut source = error.source();
            while let Some(error) = source {
                eprintln!("  because: {error}");
                source = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn order_at_a_given_gateway() -> Result {
    let mut shop = Shop::new(Gateway::from_env()?);
    let token = shop.order("Achat d'un Iphone S", 150_000)?;
    println!("Token         {token}");
    println!("Pay here      {}", shop.gateway.payment_url(&token));
    Ok(())
}

fn checkout() -> Result {
    let callbacks = Inbox::start()?;
    let sandbox = Sandbox::builder().callback_url(callbacks.url()).start()?;
    let credentials = Credentials::new(DEMO_API_CLIENT, DEMO_SECRET_KEY)?;
    let gateway = Gateway::builder(credentials).origin(&sandbox.origin()).build()?;
    let mut shop = Shop::new(gateway);

    println!("A payment, at the local gateway {}", sandbox.origin());
    shop.gateway.check_availability()?;
    println!("  available   the gateway is in service");
    let token = shop.order("Achat d'un Iphone S", 150_000)?;
    println!("  ordered     token {token} is stored with the order");
    println!("  redirected  {}", shop.gateway.payment_url(&token));
    shop.customer_submits(&token, "paid")?;
    println!("  paid        by the customer, on that page");
    let callback = callbacks.recv_timeout(Duration::from_secs(10))?;
    let claim = Callback::parse(&callback)?;
    must(claim.purchase_token() == &token && claim.claims_success(), "the callback claims this payment")?;
    println!("  callback    {:?}, {}", claim.status(), claim.message());
    let shipped = shop.on_callback(&callback)?.ok_or("a paid order is not shipped")?;
    println!("  verified    the gateway confirms the payment");
    println!("  shipped     {shipped}");
    must(shop.on_callback(&callback)?.is_none(), "an order is shipped once")?;
    println!("  replayed    the same callback again: not shipped again");

    println!("What a shop must survive");
    let token = shop.order("Achat d'un Iphone Pro", 900_000)?;
    let forged = format!("purchaseToken={token}&paymentSuccessful=true&status=SUCCESS&message=Paiement+r%C3%A9ussi.");
    let answer = minreq::post(callbacks.url()).with_body(forged).send()?;
    must(answer.status_code == 200, "anyone can post a callback")?;
    let forged = callbacks.recv_timeout(Duration::from_secs(10))?;
    must(Callback::parse(&forged)?.claims_success(), "the forged callback claims success")?;
    must(shop.on_callback(&forged)?.is_none(), "a forged callback ships nothing")?;
    println!("  forged      a callback without a payment: not shipped");

    shop.customer_submits(&token, "rejected")?;
    let rejected = callbacks.recv_timeout(Duration::from_secs(10))?;
    must(shop.on_callback(&rejected)?.is_none(), "a rejected payment ships nothing")?;
    println!("  rejected    {:?}: not shipped", Callback::parse(&rejected)?.message());

    sandbox.set_in_service(false);
    let tokens = sandbox.payments().len();
    let error = shop.order("Achat d'un Iphone S", 150_000).err().ok_or("a gateway out of service makes no token")?;
    let error = error.downcast::<ekolopay::Error>()?;
    must(error.is_unavailable() && !error.may_have_acted(), "an outage has its own error")?;
    must(sandbox.payments().len() == tokens, "nothing was created")?;
    println!("  outage      {error}: nothing was sent");

    must(shop.shipped() == 1, "one order is shipped")?;
    println!("Everything went as expected: one order paid, one shipped.");
    Ok(())
}

/// A shop that finds its orders by their tokens. A real shop uses a database instead of the map.
struct Shop {
    gateway: Gateway,
    orders: BTreeMap<PurchaseToken, Order>,
}

struct Order {
    label: String,
    shipped: bool,
}

impl Shop {
    fn new(gateway: Gateway) -> Shop {
        Shop { gateway, orders: BTreeMap::new() }
    }

    /// The token is stored with the order before the customer is redirected.
    fn order(&mut self, label: &str, amount: u64) -> Result<PurchaseToken> {
        let purchase = Purchase::new(amount, Product::new(label), Customer::new("066304925").name("Kanza"))?;
        let token = self.gateway.create_purchase_token(&purchase)?;
        self.orders.insert(token.clone(), Order { label: label.to_owned(), shipped: false });
        Ok(token)
    }

    /// A callback only makes the shop ask the gateway about one of its orders.
    fn on_callback(&mut self, body: &[u8]) -> Result<Option<String>> {
        let callback = Callback::parse(body)?;
        let Some((token, _)) = self.orders.get_key_value(callback.purchase_token()) else {
            return Ok(None);
        };
        match self.gateway.check_payment(token)? {
            Verification::Paid(paid) => Ok(self.ship(paid)),
            Verification::NotPaid => Ok(None),
        }
    }

    /// The only place where goods are shipped: once, for the order whose token was paid.
    fn ship(&mut self, paid: PaidPurchase) -> Option<String> {
        let order = self.orders.get_mut(paid.token()).filter(|order| !order.shipped)?;
        order.shipped = true;
        Some(order.label.clone())
    }

    fn shipped(&self) -> usize {
        self.orders.values().filter(|order| order.shipped).count()
    }

    /// What the customer's browser does on the payment page.
    fn customer_submits(&self, token: &PurchaseToken, outcome: &str) -> Result {
        let page = self.gateway.payment_url(token);
        let answer = minreq::post(page)
            .with_header("Content-Type", "application/x-www-form-urlencoded")
            .with_body(format!("outcome={outcome}"))
            .with_follow_redirects(false)
            .send()?;
        must(answer.status_code == 303, "the payment page redirects the browser")
    }
}

fn must(holds: bool, expectation: &str) -> Result {
    if holds { Ok(()) } else { Err(format!("expected: {expectation}").into()) }
}
