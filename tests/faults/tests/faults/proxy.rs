//! Row 7: a proxy is used if the environment says so and the gateway is on another machine.

use ekolopay_faults::replies::response;
use ekolopay_faults::{Call, FaultServer, Step};
use ekolopay_test_kit::secret;

use crate::client::Client;
use crate::fault::{Fault, Front, TIMEOUT};
use crate::judge;

#[test]
fn row_07_proxy_fails() {
    for (name, answer) in [
        ("407", response(407, "Proxy-Authenticate: Basic realm=\"x\"\r\n", secret())),
        ("502", response(502, "", secret())),
        ("a head of 20 KiB", response(407, &format!("X: {}\r\n", "x".repeat(20 << 10)), "")),
        ("garbage", format!("{}\r\n\r\n", secret()).into_bytes()),
        ("closed", vec![]),
    ] {
        let answer = Step::reply(move |_| answer.clone());
        Fault::connecting(Front::Proxy, name, [Step::Head, answer])
            .becomes("Transport: not sent", "Transport: not sent");
    }
    Fault::connecting(Front::Proxy, "silent", [Step::Stall])
        .becomes("Transport, timeout: not sent", "Transport, timeout: not sent");
}

#[test]
fn row_07_proxy_variables_and_a_loopback_origin() {
    let (proxy, server) = (FaultServer::start([]), FaultServer::start([]));
    let address = proxy.origin();
    let variables = ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "https_proxy", "http_proxy"];
    let environment = variables.map(|name| (name, &*address));
    for (number, host) in [(0, "127.0.0.1"), (2, "localhost")] {
        let origin = format!("http://{host}:{}", server.address().port());
        let mut client = Client::new(&origin, TIMEOUT, &environment);
        let outcome = client.call(Call::Payment(number)).outcome;
        client.end();
        judge::is(&outcome, "success");
    }
    let received = server.finish();
    judge::bodies(&received);
    assert_eq!(received.calls().len(), 2);
    assert_eq!(proxy.finish().connections, 0);
}

#[test]
fn the_proxy_is_told_the_gateway_and_nothing_else() {
    let server = FaultServer::start([Front::Proxy.then([Step::Serve])]);
    let caller = Front::Proxy.caller(server.address(), TIMEOUT);
    judge::is(&caller.call(Call::Payment(0)), "success");
    caller.end();
    let requests = server.finish().requests;
    let path = "/api/v1/gateway/check-payment?api_client=demo";
    let targets: Vec<_> = requests.iter().map(|request| &*request.target).collect();
    assert_eq!(targets, ["gateway.invalid:443", path, path]);
}
