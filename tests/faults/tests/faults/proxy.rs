//! Rows 7 and 50 to 52: a proxy is used if the environment says so and the gateway is on another machine.

use std::iter;

use ekolopay_faults::replies::response;
use ekolopay_faults::{Call, CallOutcome, FaultServer, Step};
use ekolopay_test_kit::secret;

use crate::client::Client;
use crate::fault::{AUTHORITY, Fault, Front, TIMEOUT, proxied};
use crate::judge;
use crate::world::{self, NAME, Says, World};

#[test]
fn row_07_proxy_fails() {
    for (name, answer) in [
        ("407", response(407, "Proxy-Authenticate: Basic realm=\"x\"\r\n", secret())),
        ("502", response(502, "", secret())),
        ("garbage", format!("{}\r\n\r\n", secret()).into_bytes()),
        ("closed", vec![]),
    ] {
        let answer = Step::reply(move |_| answer.clone());
        Fault::connecting(Front::Proxy, name, [Step::Head, answer]).becomes("Transport: NotSent", "Transport: NotSent");
    }
    Fault::connecting(Front::Proxy, "silent", [Step::Stall])
        .becomes("Transport, timeout: NotSent", "Transport, timeout: NotSent");
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

const HOSTS: &str = "127.0.0.1 gateway.test ekolopay.com\n";

/// Calls a gateway that seems to be on another machine, with these variables, in which `PROXY` stands for the proxy. The
/// gateway and the proxy have this many connections.
#[track_caller]
fn call(world: &World, environment: &[(&str, &str)], expected: &str, connections: [usize; 2]) -> CallOutcome {
    let server = world::gateway("127.0.0.1:0");
    let proxy = FaultServer::start(iter::repeat_with(|| {
        proxied(AUTHORITY.config(NAME)).into_iter().chain([Step::Serve]).collect()
    }));
    let address = proxy.address().to_string();
    let environment = environment.iter().map(|(name, value)| (*name, value.replace("PROXY", &address)));
    let proxied: Vec<_> = environment.collect();
    let environment: Vec<_> = proxied.iter().map(|(name, value)| (*name, &**value)).collect();
    let mut client = Client::start(world.command(Client::PROGRAM), &world::origin(&server), TIMEOUT, &environment);
    let outcome = client.call(Call::Payment(0)).outcome;
    client.end();
    judge::is(&outcome, expected);
    assert_eq!([server, proxy].map(|server| server.finish().connections), connections, "{environment:?}");
    outcome
}

#[test]
fn row_50_proxy_that_cannot_be_used() {
    let Some(world) = World::new(HOSTS, Says::Nothing) else { return };
    let schemes =
        "socks5://PROXY socks4a://PROXY socks5h://PROXY ftp://PROXY http:// http:/PROXY \"http://PROXY\" :: /";
    let hosts =
        "http://:3128 http://user@:3128 http://localhost: http://localhost:0 http://localhost:99999 http://localhost:x";
    for address in [schemes, hosts].into_iter().flat_map(|list| list.split(' ')).chain(["http://local host:3128"]) {
        for variable in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            let outcome = call(&world, &[(variable, address)], "Invalid: NotSent", [0, 0]);
            let text = format!("{variable} must be the address of an http or https proxy");
            assert!(outcome.texts.contains(&text), "{variable}={address}: {}", outcome.texts);
        }
    }
    let environment = [("FAULTS_NEW", ""), ("ALL_PROXY", "socks5://127.0.0.1:1080")];
    let command = world.command(Client::PROGRAM);
    let mut client = Client::start(command, "https://gateway.invalid", TIMEOUT, &environment);
    client.check("Invalid: NotSent");
    client.end();
}

#[test]
fn row_51_http_proxy_is_not_used() {
    let Some(world) = World::new(HOSTS, Says::Nothing) else { return };
    for variable in ["HTTP_PROXY", "http_proxy"] {
        call(&world, &[(variable, "http://PROXY")], "success", [1, 0]);
    }
}

#[test]
fn row_52_proxy_variables_as_meant() {
    const DIRECTLY: [usize; 2] = [1, 0];
    const THROUGH_IT: [usize; 2] = [0, 1];

    let Some(world) = World::new(HOSTS, Says::Nothing) else { return };
    let others = format!("other.test , {NAME} ,");
    for (environment, connections) in [
        (&[("HTTPS_PROXY", " http://PROXY ")][..], THROUGH_IT),
        (&[("HTTPS_PROXY", "PROXY")], THROUGH_IT),
        (&[("https_proxy", "http://PROXY"), ("HTTPS_PROXY", "socks5://127.0.0.1:1")], THROUGH_IT),
        (&[("HTTPS_PROXY", "http://PROXY"), ("all_proxy", "socks5://127.0.0.1:1")], THROUGH_IT),
        (&[("HTTPS_PROXY", " "), ("ALL_PROXY", "http://PROXY")], THROUGH_IT),
        (&[("https_proxy", ""), ("HTTPS_PROXY", "http://PROXY")], THROUGH_IT),
        (&[("all_proxy", "http://PROXY"), ("ALL_PROXY", "socks5://127.0.0.1:1")], THROUGH_IT),
        (&[("HTTPS_PROXY", "http://PROXY"), ("NO_PROXY", "other.test,,")], THROUGH_IT),
        (&[("HTTPS_PROXY", "http://PROXY"), ("NO_PROXY", "")], THROUGH_IT),
        (&[("HTTPS_PROXY", "http://PROXY"), ("no_proxy", "other.test"), ("NO_PROXY", NAME)], THROUGH_IT),
        (&[("HTTPS_PROXY", "")], DIRECTLY),
        (&[("HTTPS_PROXY", "http://PROXY"), ("NO_PROXY", &others)], DIRECTLY),
        (&[("HTTPS_PROXY", "http://PROXY"), ("no_proxy", "*")], DIRECTLY),
        (&[("HTTPS_PROXY", "http://PROXY"), ("NO_PROXY", ".test")], DIRECTLY),
        (&[("HTTPS_PROXY", "socks5://127.0.0.1:1"), ("NO_PROXY", &others)], DIRECTLY),
    ] {
        call(&world, environment, "success", connections);
    }
}
