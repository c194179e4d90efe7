//! Row 7: a proxy stands before the gateway, where the environment says so and the gateway is on another machine.

use std::time::Duration;

use ekolopay_faults::gateway::response;
use ekolopay_faults::{Call, FaultServer, Script, Step, Then, secret};

use crate::child::Child;
use crate::fault::{Fault, Front, reply};
use crate::judge;
use crate::report::{self, Hit};

pub(crate) fn row_07_proxy_fails() {
    let fault = |name, steps: fn() -> Script| Fault::new(7, name, steps).behind(Front::Proxy).on_a_new_connection();
    for fault in [
        fault("proxy: 407", || {
            vec![Step::Head, reply(|_| response(407, "Proxy-Authenticate: Basic realm=\"x\"\r\n", &secret()))]
        }),
        fault("proxy: 502", || vec![Step::Head, reply(|_| response(502, "", &secret()))]),
        fault("proxy: garbage", || vec![Step::Head, reply(|_| format!("{}\r\n\r\n", secret()).into_bytes())]),
        fault("proxy: closed", || vec![Step::Head]),
    ] {
        fault.call(&["Transport: NotSent"]).check(&["Transport: NotSent"]);
    }
    fault("proxy: silent", || vec![Step::Stall])
        .times_out()
        .call(&["Transport, timeout: NotSent"])
        .check(&["Transport, timeout: NotSent"]);
}

pub(crate) fn row_07_proxy_variables_and_a_loopback_origin() {
    let serve = || Then::Play(Box::new(|| vec![Step::Serve]));
    let proxy = FaultServer::start("127.0.0.1", vec![], serve()).unwrap();
    let server = FaultServer::start("127.0.0.1", vec![], serve()).unwrap();
    for (number, host) in [(0, "127.0.0.1"), (2, "localhost")] {
        let origin = format!("http://{host}:{}", server.address().port());
        let mut child = Child::new(&origin, Duration::from_secs(10));
        for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "https_proxy", "http_proxy"] {
            child = child.env(name, &format!("http://{}", proxy.address()));
        }
        let outcome = child.call(Call::Payment(number)).outcome;
        judge::outcome(&outcome);
        assert_eq!(outcome.to_string(), "success", "{host}");
        report::note(7, "proxy variables, loopback origin", Hit::Call, "success");
    }
    let seen = server.finish();
    judge::bodies(&seen);
    assert_eq!(seen.calls().len(), 2);
    assert_eq!(proxy.finish().connections(), 0);
}
