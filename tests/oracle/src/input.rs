//! The rules for what a shop gives the SDK: tokens, credentials, orders, the gateway's origin.

use std::sync::LazyLock;

use regex::Regex;
use url::Host;

/// 1 to 1,024 bytes of visible ASCII, not `.` or `..`.
#[must_use]
pub fn is_token(text: &str) -> bool {
    is_visible(text) && text.len() <= 1_024 && ![".", ".."].contains(&text)
}

/// The path segment that a token is on the payment page's address.
#[must_use]
pub fn payment_page(origin: &str, token: &str) -> String {
    format!("{origin}/purchase-product/{}", urlencoding::encode(token))
}

/// Which of the two credentials break a rule.
#[must_use]
pub fn broken_credentials(api_client: &str, secret_key: &str) -> Vec<&'static str> {
    let is_credential = |text: &str| is_visible(text) && text.len() <= 1_024;
    broken([("api_client", is_credential(api_client)), ("secret_key", is_credential(secret_key))])
}

/// Which fields of an order break a rule.
#[must_use]
pub fn broken_purchase(amount: u64, label: &str, product_amount: Option<u64>, phone: &str) -> Vec<&'static str> {
    let is_written = |text: &str| text.chars().any(|char| !char.is_whitespace());
    broken([
        ("amount", (1..=i64::MAX.unsigned_abs()).contains(&amount)),
        ("product.amount", product_amount.unwrap_or(amount) == amount),
        ("product.label", is_written(label)),
        ("customer.phone", is_written(phone)),
    ])
}

/// An origin as addresses begin with it: `https`, or `http` on this machine; a host; perhaps a port.
///
/// # Panics
///
/// Never: the regular expression is one.
#[must_use]
pub fn origin(text: &str) -> Option<String> {
    static ORIGIN: LazyLock<Regex> = LazyLock::new(|| {
        let host = r"[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)*|\[[^\]]*\]";
        Regex::new(&format!(r"\A(https?)://({host})(?::0*([1-9][0-9]{{0,4}}))?/?\z")).expect("a regular expression")
    });
    let captures = ORIGIN.captures(text)?;
    let group = |number| captures.get(number).map(|found| found.as_str());
    let (scheme, host, digits) = (group(1)?, group(2)?, group(3));
    if host.len() > 253 {
        return None;
    }
    let loopback = match host.strip_prefix('[') {
        Some(_) => matches!(Host::parse(host).ok()?, Host::Ipv6(address) if address.is_loopback()),
        // An address in four decimal numbers; `127.1` and `0x7f000001` are names as far as we are concerned.
        None => host.eq_ignore_ascii_case("localhost") || is_dotted(host) && host.starts_with("127."),
    };
    let port = match digits.map(str::parse::<u16>) {
        Some(number) => format!(":{}", number.ok()?),
        None => String::new(),
    };
    (scheme == "https" || loopback).then(|| format!("{scheme}://{host}{port}"))
}

fn is_dotted(host: &str) -> bool {
    let numbers: Vec<_> =
        host.split('.').map(|text| text.parse::<u8>().ok().filter(|n| n.to_string() == text)).collect();
    numbers.len() == 4 && numbers.iter().all(Option::is_some)
}

fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|char| ('!'..='~').contains(&char))
}

fn broken<const N: usize>(rules: [(&'static str, bool); N]) -> Vec<&'static str> {
    rules.into_iter().filter(|(_, holds)| !holds).map(|(field, _)| field).collect()
}
