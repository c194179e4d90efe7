//! What a call costs over a long line: a connection takes a round trip, the handshake of TLS 1.3 another, and so does
//! each request. That a request is one write is tested in `tests/cost`.

use std::thread;
use std::time::Duration;

use ekolopay_faults::Call;
use ekolopay_faults::service::serve;
use ekolopay_test_kit::Server;

use crate::fault::{Front, TIMEOUT, gateway};
use crate::judge;

#[test]
fn a_call_takes_four_round_trips_and_two_within_three_seconds_of_another() {
    let server = Server::play(|connection| Front::Tls.greet(connection).and_then(|()| serve(connection)));
    let gateway = gateway(&format!("https://{}", server.address), TIMEOUT);
    let costs = |connections, requests, exchange: &(dyn Fn() + Sync)| {
        let before = (server.connections(), server.requests().len());
        // By any clone, in any thread.
        thread::scope(|scope| scope.spawn(exchange).join().unwrap());
        let after = (server.connections(), server.requests().len());
        assert_eq!(after, (before.0 + connections, before.1 + requests));
    };
    costs(1, 2, &|| judge::is(&Call::Payment(0).make(&gateway.clone()), "success"));
    costs(0, 2, &|| judge::is(&Call::Token(1).make(&gateway.clone()), "success"));
    thread::sleep(Duration::from_secs(2));
    costs(0, 2, &|| judge::is(&Call::Payment(2).make(&gateway.clone()), "success"));
    costs(0, 1, &|| gateway.check_availability().unwrap());
    thread::sleep(Duration::from_millis(3_100));
    costs(1, 2, &|| judge::is(&Call::Payment(4).make(&gateway.clone()), "success"));
}
