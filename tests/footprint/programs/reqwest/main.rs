//! Whether the order of a token is paid.

use std::io::Read;

use reqwest::blocking::Client;
use reqwest::header;
use reqwest::redirect::Policy;

#[path = "../by_hand.rs"]
mod by_hand;

use by_hand::{CONTENT_TYPE, LONGEST_REPLY, Outcome, Reply, TIMEOUT};

fn main() -> Outcome<()> {
    let client = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build()?;
    by_hand::check_payment(|url, form| {
        let request = client.post(url).header(header::CONTENT_TYPE, CONTENT_TYPE).body(form.to_owned());
        let response = request.send()?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        response.take(LONGEST_REPLY).read_to_end(&mut body)?;
        Ok(Reply { status, body })
    })
}
