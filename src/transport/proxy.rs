//! Which proxy to use, by the environment's variables. ureq itself would read `HTTP_PROXY`, which a request header sets
//! in a CGI program, and would bypass a proxy that it cannot use.

use std::ffi::OsString;
use std::net::IpAddr;

use ureq::{Proxy, ProxyProtocol};

use crate::invalid::{InvalidInput, unicode};

/// The proxy for this host, with these variables.
pub(super) fn proxy_for(
    host: &str,
    variable: impl Fn(&'static str) -> Option<OsString>,
) -> Result<Option<Proxy>, InvalidInput> {
    const RULE: &str = "must be the address of an http or https proxy, such as http://proxy.example:3128";
    let is_set = |value: &OsString| value.to_str().is_none_or(|text| !text.trim().is_empty());
    let first_set =
        |names: &[&'static str]| names.iter().find_map(|&name| Some((name, variable(name).filter(is_set)?)));
    let Some((name, address)) = first_set(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]) else {
        return Ok(None);
    };
    if let Some((name, hosts)) = first_set(&["no_proxy", "NO_PROXY"]) {
        if names_host(&unicode(name, hosts)?, host) {
            return Ok(None);
        }
    }
    let proxy = Proxy::new(unicode(name, address)?.trim()).ok().filter(is_usable);
    proxy.map(Some).ok_or(InvalidInput::new(name, RULE))
}

/// Whether a list such as `localhost, .example.com` names this host. `*` names every host.
fn names_host(list: &str, host: &str) -> bool {
    let (list, host) = (list.to_ascii_lowercase(), bare(host).to_ascii_lowercase());
    let address: Option<IpAddr> = host.parse().ok();
    list.split(|c: char| c == ',' || c.is_whitespace()).any(|entry| {
        let name = bare(entry);
        let suffix = name.strip_prefix('*').unwrap_or(name);
        let is_host = host == name || (address.is_some() && address == name.parse().ok());
        entry == "*" || is_host || (suffix.starts_with('.') && host.ends_with(suffix))
    })
}

/// Without the dot that may end a name, or the brackets of an IPv6 address.
fn bare(name: &str) -> &str {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name)
}

/// ureq itself accepts an empty host, and takes a port that is not a number for the default one.
fn is_usable(proxy: &Proxy) -> bool {
    let Some(authority) = proxy.uri().authority() else { return false };
    let port = authority.as_str().rsplit('@').next().and_then(|text| text.strip_prefix(authority.host()));
    matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https)
        && !authority.host().is_empty()
        && (port == Some("") || authority.port_u16().is_some_and(|port| port > 0))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    /// The proxy's host and port for a gateway, or the variable that can't be used.
    fn used(host: &str, variables: &[(&str, &str)]) -> Result<Option<String>, &'static str> {
        let set = |name| variables.iter().find(|(set, _)| *set == name).map(|(_, value)| OsString::from(value));
        let proxy = proxy_for(host, set).map_err(|invalid| invalid.field())?;
        Ok(proxy.map(|proxy| format!("{}:{}", proxy.host(), proxy.port())))
    }

    #[test]
    fn the_first_of_four_variables_that_is_not_blank_counts() {
        let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
        for (first, name) in names.into_iter().enumerate() {
            let blank = names[..first].iter().map(|name| (*name, " \t"));
            let others = names[first + 1..].iter().map(|name| (*name, "socks5://other:1"));
            let variables: Vec<_> = blank.chain([(name, " http://proxy:3128 ")]).chain(others).collect();
            assert_eq!(used("ekolopay.com", &variables), Ok(Some("proxy:3128".to_owned())), "{name}");
        }
        for variables in [&[][..], &[("HTTPS_PROXY", "")], &[("HTTP_PROXY", "http://proxy"), ("http_proxy", "x")]] {
            assert_eq!(used("ekolopay.com", variables), Ok(None));
        }
    }

    #[test]
    fn an_address_may_have_a_user_and_leave_out_scheme_and_port() {
        for (address, proxy) in [
            ("proxy:3128", "proxy:3128"),
            ("http://proxy", "proxy:80"),
            ("https://proxy", "proxy:443"),
            ("HTTP://user:pass%40word@proxy:3128/", "proxy:3128"),
            ("http://[2001:db8::1]:3128", "[2001:db8::1]:3128"),
        ] {
            assert_eq!(used("ekolopay.com", &[("HTTPS_PROXY", address)]), Ok(Some(proxy.to_owned())));
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_named_by_its_variable() {
        let schemes = "socks5://p:1 socks4a://p:1 socks5h://p:1 ftp://p:1 http:// http:/p:1 \"http://p:1\" :: /";
        let hosts = "http://:3128 http://user@:3128 http://p: http://p:0 http://p:99999 http://p:x";
        for address in [schemes, hosts].into_iter().flat_map(|list| list.split(' ')).chain(["http://local host:1"]) {
            assert_eq!(used("ekolopay.com", &[("HTTPS_PROXY", address)]), Err("HTTPS_PROXY"), "{address}");
            assert_eq!(used("ekolopay.com", &[("all_proxy", address)]), Err("all_proxy"), "{address}");
        }
    }

    #[test]
    fn no_proxy_lists_the_hosts_to_reach_directly() {
        let is_direct = |list: &str, host: &str| {
            ["no_proxy", "NO_PROXY"]
                .map(|name| used(host, &[("HTTPS_PROXY", "http://proxy"), (name, list)]) == Ok(None))
        };
        for (list, host) in [
            ("ekolopay.com", "EkoloPay.com"),
            ("other.test, EKOLOPAY.com", "ekolopay.com"),
            ("other.test ekolopay.com", "ekolopay.com"),
            ("other.test\tekolopay.com.,", "ekolopay.com"),
            (".com", "ekolopay.com"),
            ("*.com", "ekolopay.com"),
            ("*", "ekolopay.com"),
            ("10.0.0.1", "10.0.0.1"),
            ("2001:db8::1", "[2001:db8::1]"),
            ("[2001:DB8::1]", "[2001:db8:0::1]"),
        ] {
            assert_eq!(is_direct(list, host), [true, true], "{list}");
        }
        for list in [
            "",
            " , ",
            "*kolopay.com",
            "*.",
            ".",
            "*.com.cg",
            "other.test,,",
            "ekolopay",
            "kolopay.com",
            "ekolopay.com.cg",
            ".ekolopay.com",
            "10.0.0.1",
        ] {
            assert_eq!(is_direct(list, "ekolopay.com"), [false, false], "{list}");
        }
        let both = [("HTTPS_PROXY", "http://proxy"), ("no_proxy", "other.test"), ("NO_PROXY", "ekolopay.com")];
        assert!(used("ekolopay.com", &both).unwrap().is_some(), "the lower-case one counts");
    }

    /// A proxy that is not used need not be valid.
    #[test]
    fn no_proxy_is_looked_at_before_the_proxy() {
        assert_eq!(used("ekolopay.com", &[("HTTPS_PROXY", "socks5://p:1"), ("NO_PROXY", "ekolopay.com")]), Ok(None));
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_unicode_is_an_error_where_it_counts() {
        use std::os::unix::ffi::OsStringExt;

        let used = |not_unicode: &str, list: &str| {
            let set = |name| match name {
                name if name == not_unicode => Some(OsString::from_vec(vec![b'h', 0xff])),
                "HTTPS_PROXY" => Some("http://proxy".into()),
                "NO_PROXY" => Some(list.into()),
                _ => None,
            };
            proxy_for("ekolopay.com", set).map(|proxy| proxy.is_some()).map_err(|invalid| invalid.to_string())
        };
        assert_eq!(used("https_proxy", "other.test"), Err("https_proxy is not Unicode".to_owned()));
        assert_eq!(used("https_proxy", "ekolopay.com"), Ok(false));
        assert_eq!(used("no_proxy", ""), Err("no_proxy is not Unicode".to_owned()));
        assert_eq!(used("ALL_PROXY", "other.test"), Ok(true));
    }
}
