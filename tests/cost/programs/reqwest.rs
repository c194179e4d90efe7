//! Whether the order of a token is paid.

use std::io::Read;

use ekolopay_cost::by_hand::{CONTENT_TYPE, LONGEST_BODY, Result, TIMEOUT, program};
use reqwest::blocking::Client;
use reqwest::redirect::Policy;

fn main() -> Result<()> {
    let client = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build()?;
    program(|url, form| {
        let response = client.post(url).header("Content-Type", CONTENT_TYPE).body(form.to_owned()).send()?;
        let (status, mut body) = (response.status().as_u16(), Vec::new());
        response.take(LONGEST_BODY as u64).read_to_end(&mut body)?;
        Ok((status, body))
    })
}
