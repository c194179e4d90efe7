//! The clients that are compared ask for the same: two requests on one connection, with the same two forms.

#[path = "../../support/mod.rs"]
mod support;

use ekolopay_bench::{PEERS, SECRET_KEY};
use support::{PAID, RawServer, response};

#[test]
fn each_client_sends_the_same_two() {
    for (name, peer) in PEERS {
        let server = RawServer::in_service(|_| response(200, PAID));
        peer(&server.origin, None, 1).iter_mut().for_each(|check| check());
        let bodies: Vec<String> = server.seen().into_iter().map(|seen| seen.body).collect();
        let call = format!("purchaseToken=940d4e9aab5797e6055e1259b84a9875&secret_key={SECRET_KEY}");
        assert_eq!(bodies, ["purchaseToken=".to_owned(), call], "{name}");
        for seen in server.seen() {
            let head = seen.head.to_ascii_lowercase();
            for line in [
                "post /api/v1/gateway/check-payment?api_client=demo http/1.1",
                "accept: application/json",
                "content-type: application/x-www-form-urlencoded",
                "user-agent: ekolopay/0.1.0",
            ] {
                assert!(head.contains(&format!("{line}\r\n")), "{name}: {line} in {head}");
            }
        }
        assert_eq!(server.connections(), 1, "{name}");
    }
}
