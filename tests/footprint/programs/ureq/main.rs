//! Whether the order of a token is paid.

use std::io::Read;

use ureq::Agent;

#[path = "../by_hand.rs"]
mod by_hand;

use by_hand::{CONTENT_TYPE, LONGEST_REPLY, Outcome, Reply, TIMEOUT};

fn main() -> Outcome<()> {
    let agent = Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .http_status_as_error(false)
        .build()
        .new_agent();
    by_hand::check_payment(|url, form| {
        let mut response = agent.post(url).content_type(CONTENT_TYPE).send(form)?;
        let mut body = Vec::new();
        response.body_mut().as_reader().take(LONGEST_REPLY).read_to_end(&mut body)?;
        Ok(Reply { status: response.status().as_u16(), body })
    })
}
