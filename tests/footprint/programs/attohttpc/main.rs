//! Whether the order of a token is paid.

use std::io::Read;

use attohttpc::header;

#[path = "../by_hand.rs"]
mod by_hand;

use by_hand::{CONTENT_TYPE, LONGEST_REPLY, Outcome, Reply, TIMEOUT};

fn main() -> Outcome<()> {
    by_hand::check_payment(|url, form| {
        let request = attohttpc::post(url).timeout(TIMEOUT).follow_redirects(false);
        let (status, _, reader) = request.header(header::CONTENT_TYPE, CONTENT_TYPE).bytes(form).send()?.split();
        let mut body = Vec::new();
        reader.take(LONGEST_REPLY).read_to_end(&mut body)?;
        Ok(Reply { status: status.as_u16(), body })
    })
}
