//! The two clients that are compared ask for the same: byte for byte, but for the order of the headers and of the
//! members of a JSON text.

#[path = "../../support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use ekolopay_bench::{ByHand, KEPT_TOKEN, ORDER, Ours, PAID, TOKEN};
use serde_json::Value;
use support::{RawServer, response};

/// The request line and the headers, and the form, with the JSON texts read.
type Request = (String, BTreeSet<String>, Vec<(String, Value)>);

fn requests(server: &RawServer) -> Vec<Request> {
    let parse = |seen: support::Seen| {
        let mut lines = seen.head.lines().map(str::to_owned);
        let line = lines.next().unwrap_or_default();
        let form = form_urlencoded::parse(seen.body.as_bytes());
        let form = form.map(|(key, text)| {
            let value = serde_json::from_str(&text).unwrap_or(Value::String(text.into_owned()));
            (key.into_owned(), value)
        });
        (line, lines.map(|line| line.to_ascii_lowercase()).collect(), form.collect())
    };
    server.seen().into_iter().map(parse).collect()
}

#[test]
fn each_client_sends_the_same_four() {
    let server =
        || RawServer::in_service(|seen| response(200, if seen.head.contains("purchase-token") { TOKEN } else { PAID }));
    let (to_ours, to_theirs) = (server(), server());
    let ours = Ours::new(&to_ours.origin, None);
    assert!(ours.check_payment(&KEPT_TOKEN.parse().unwrap()).unwrap());
    assert_eq!(ours.create_purchase_token(&ORDER).unwrap().as_str(), "string");
    let theirs = ByHand::new(&to_theirs.origin, None);
    assert!(theirs.check_payment(KEPT_TOKEN).unwrap());
    assert_eq!(theirs.create_purchase_token(&ORDER).unwrap(), "string");

    let mut expected = requests(&to_theirs);
    for (_, headers, _) in &mut expected {
        let host = |port| format!("host: 127.0.0.1:{port}");
        assert!(headers.remove(&host(to_theirs.port)));
        headers.insert(host(to_ours.port));
    }
    assert_eq!(requests(&to_ours), expected);
    assert_eq!(expected.len(), 4);
    assert_eq!((to_ours.connections(), to_theirs.connections()), (1, 1));
}
