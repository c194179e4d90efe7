//! The rules for what a shop gives the SDK: tokens, credentials, purchases, the gateway's origin.

use std::sync::LazyLock;

use regex::Regex;
use url::Host;

/// 1 to 1,024 bytes of visible ASCII, not `.` or `..`.
pub fn is_token(text: &str) -> bool {
    is_credential(text) && ![".", ".."].contains(&text)
}

/// The address of the payment page: the token is one segment of its path.
pub fn payment_page(origin: &str, token: &str) -> String {
    format!("{origin}/purchase-product/{}", urlencoding::encode(token))
}

/// Whether these are credentials.
pub fn credentials(api_client: &str, secret_key: &str) -> Result<(), Vec<&'static str>> {
    all_hold([("api_client", is_credential(api_client)), ("secret_key", is_credential(secret_key))])
}

/// Whether these make a purchase.
pub fn purchase(amount: u64, label: &str, phone: &str) -> Result<(), Vec<&'static str>> {
    let is_blank = |text: &str| text.chars().all(char::is_whitespace);
    all_hold([
        ("amount", (1..=i64::MAX.unsigned_abs()).contains(&amount)),
        ("product.label", !is_blank(label)),
        ("customer.phone", !is_blank(phone)),
    ])
}

/// The origin that addresses begin with: `https`, or `http` on this machine; a host; perhaps a port.
pub fn origin(text: &str) -> Option<String> {
    static ORIGIN: LazyLock<Regex> = LazyLock::new(|| {
        let host = r"[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)*|\[[^\]]*\]";
        Regex::new(&format!(r"\A(https?)://({host})(?::0*([1-9][0-9]{{0,4}}))?/?\z")).expect("a regular expression")
    });
    let captures = ORIGIN.captures(text)?;
    let (scheme, host) = (&captures[1], &captures[2]);
    let loopback = match host.strip_prefix('[') {
        Some(_) => matches!(Host::parse(host).ok()?, Host::Ipv6(address) if address.is_loopback()),
        // An address is four decimal numbers; `127.1` and `0x7f000001` are names.
        None => host.eq_ignore_ascii_case("localhost") || is_dotted(host) && host.starts_with("127."),
    };
    let port = match captures.get(3) {
        Some(digits) => format!(":{}", digits.as_str().parse::<u16>().ok()?),
        None => String::new(),
    };
    (host.len() <= 253 && (scheme == "https" || loopback)).then(|| format!("{scheme}://{host}{port}"))
}

fn is_dotted(host: &str) -> bool {
    let is_byte = |text: &str| text.parse().is_ok_and(|number: u8| number.to_string() == text);
    host.split('.').count() == 4 && host.split('.').all(is_byte)
}

fn is_credential(text: &str) -> bool {
    (1..=1_024).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The error holds the fields whose rule does not hold.
pub(crate) fn all_hold<const N: usize>(rules: [(&'static str, bool); N]) -> Result<(), Vec<&'static str>> {
    let broken: Vec<_> = rules.into_iter().filter(|(_, holds)| !holds).map(|(field, _)| field).collect();
    if broken.is_empty() { Ok(()) } else { Err(broken) }
}
