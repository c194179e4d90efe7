//! Whether the order of a token is paid.

use std::io::Read;

#[path = "../by_hand.rs"]
mod by_hand;

use by_hand::{CONTENT_TYPE, LONGEST_REPLY, Outcome, Reply, TIMEOUT};

fn main() -> Outcome<()> {
    by_hand::check_payment(|url, form| {
        let request = minreq::post(url).with_timeout(TIMEOUT.as_secs()).with_follow_redirects(false);
        let response = request.with_header("Content-Type", CONTENT_TYPE).with_body(form).send_lazy()?;
        let status = response.status_code.try_into()?;
        let mut body = Vec::new();
        response.take(LONGEST_REPLY).read_to_end(&mut body)?;
        Ok(Reply { status, body })
    })
}
