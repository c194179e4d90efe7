//! Whether the order of a token is paid.

use std::io::Read;

use ekolopay_cost::by_hand::{CONTENT_TYPE, LONGEST_BODY, Result, TIMEOUT, program};
use ureq::Agent;

fn main() -> Result<()> {
    let settings = Agent::config_builder().timeout_global(Some(TIMEOUT)).max_redirects(0).http_status_as_error(false);
    let agent = settings.build().new_agent();
    program(|url, form| {
        let mut response = agent.post(url).content_type(CONTENT_TYPE).send(form)?;
        let mut body = Vec::new();
        response.body_mut().as_reader().take(LONGEST_BODY as u64).read_to_end(&mut body)?;
        Ok((response.status().as_u16(), body))
    })
}
