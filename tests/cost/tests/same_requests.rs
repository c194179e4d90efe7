//! The clients that are compared ask for the same: two requests on one connection, with the same two forms.

use ekolopay_cost::peers::PEERS;
use ekolopay_test_kit::{KEPT_TOKEN, RawRequest, SECRET_KEY, Server};

#[test]
fn each_client_sends_the_same_two() {
    for (name, peer) in PEERS {
        let server = Server::start(RawRequest::documented);
        peer(&server.origin, None, 1).iter_mut().for_each(|check| check());
        let requests = server.requests();
        let bodies: Vec<&str> = requests.iter().map(|request| &*request.body).collect();
        let call = format!("purchaseToken={KEPT_TOKEN}&secret_key={SECRET_KEY}");
        assert_eq!(bodies, ["purchaseToken=", &call], "{name}");
        for line in [
            "post /api/v1/gateway/check-payment?api_client=demo http/1.1\r\n",
            "\r\naccept: application/json\r\n",
            "\r\ncontent-type: application/x-www-form-urlencoded\r\n",
            "\r\nuser-agent: ekolopay/0.1.0\r\n",
        ] {
            assert!(requests.iter().all(|request| request.head.to_ascii_lowercase().contains(line)), "{name}: {line}");
        }
        assert_eq!(server.counts().connections, 1, "{name}");
    }
}
