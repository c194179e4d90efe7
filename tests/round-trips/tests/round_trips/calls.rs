use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use ekolopay::purchase::{Customer, Product, Purchase};
use ekolopay::verify::Verification;
use ekolopay::{Credentials, Gateway};
use ekolopay_round_trips::{Afterwards, Crossed, FarGateway, Served, Server};

use crate::{ROUND_TRIP, costs};

/// TCP, TLS 1.3, check, call.
const COLD: Crossed = Crossed { connections: 1, round_trips: 4 };
const FULL: Served = Served { full: 1, resumed: 0, requests: 2 };
const RESUMED: Served = Served { full: 0, resumed: 1, requests: 2 };

/// Check, call.
const WARM: Crossed = Crossed { connections: 0, round_trips: 2 };
const REUSED: Served = Served { full: 0, resumed: 0, requests: 2 };

fn first_second_and_idle(call: impl Fn(&Gateway) + Sync) {
    let far = FarGateway::tls(ROUND_TRIP).unwrap();
    let gateway = far.gateway().unwrap();
    costs(&far, COLD, FULL, || call(&gateway));

    // The second one by a clone in another thread, not at once but within 3 s.
    thread::sleep(Duration::from_millis(1_500));
    let clone = gateway.clone();
    costs(&far, WARM, REUSED, || thread::scope(|scope| scope.spawn(|| call(&clone)).join().unwrap()));

    thread::sleep(Duration::from_millis(3_100));
    costs(&far, COLD, RESUMED, || call(&gateway));
}

#[test]
fn check_payment_costs_four_round_trips_and_two_when_it_follows() {
    let token = "940d4e9a".parse().unwrap();
    first_second_and_idle(|gateway| assert!(matches!(gateway.check_payment(&token), Ok(Verification::Paid(_)))));
}

#[test]
fn create_purchase_token_costs_four_round_trips_and_two_when_it_follows() {
    let product = Product::new("Achat d'un Iphone S").details("Iphone S, 32 GB, Gris...");
    let purchase = Purchase::new(150_000, product, Customer::new("066304925").name("Kanza")).unwrap();
    first_second_and_idle(|gateway| {
        assert_eq!(gateway.create_purchase_token(&purchase).unwrap().as_str(), "940d4e9a");
    });
}

#[test]
fn check_availability_costs_three_round_trips_and_one_when_it_follows() {
    let far = FarGateway::tls(ROUND_TRIP).unwrap();
    let gateway = far.gateway().unwrap();
    let check = || gateway.check_availability().unwrap();
    costs(&far, Crossed { connections: 1, round_trips: 3 }, Served { requests: 1, ..FULL }, check);
    costs(&far, Crossed { connections: 0, round_trips: 1 }, Served { requests: 1, ..REUSED }, check);
}

#[test]
fn plain_http_costs_no_handshake() {
    let server = Server::start(None, Afterwards::KeepOpen).unwrap();
    let far = FarGateway::new(ROUND_TRIP, server, None).unwrap();
    let gateway = far.gateway().unwrap();
    let token = "940d4e9a".parse().unwrap();
    let check = || assert!(matches!(gateway.check_payment(&token), Ok(Verification::Paid(_))));
    costs(&far, Crossed { connections: 1, round_trips: 3 }, REUSED, check);
    costs(&far, WARM, REUSED, check);
}

#[test]
fn nothing_is_connected_before_the_first_call() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("https://{}", listener.local_addr().unwrap());
    let credentials = Credentials::new("demo", "a-secret-key").unwrap();
    let gateway = Gateway::builder(credentials).origin(&origin).build().unwrap();
    // The kernel would have put a connection in the queue before its client knew.
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    drop(gateway);
}
