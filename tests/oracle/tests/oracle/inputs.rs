//! Tokens, origins, credentials, purchases: accepted and refused by the rules, with the right field named.

use std::net::{Ipv4Addr, Ipv6Addr};

use ekolopay_oracle::compare;
use ekolopay_test_kit::KEPT_TOKEN;
use proptest::prelude::*;

use crate::random::{config, one_of};

const MAX_AMOUNT: u64 = i64::MAX.unsigned_abs();

fn origin() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![
        8 => one_of("https://|http://"),
        1 => one_of("https://|http://|HTTPS://|https:/|ftp://|//||https://https://"),
    ];
    let hosts = "ekolopay.com|localhost|LocalHost|localhost.|a..b|-|a_b|é.com|xn--9ca.com||local host|user@localhost|\
        localhost@evil.com|localhost#evil.com|localhost\\evil.com|localhost%2eevil.com|127.0.0.1.evil.com|[::1]evil.com|\
        127.0.0.1|127.255.0.9|127.1|127.0.0.256|0x7f.1|2130706433|0127.0.0.1|127.0.0.01|128.0.0.1|\
        126.255.255.255|10.0.0.1|192.168.1.1|169.254.1.1|0.0.0.0|127。0。0。1|[::1]|[0:0::1]|[::ffff:127.0.0.1]|[::2]|\
        [::]|[fe80::1]|::1|[::1|[::1%25lo]|[]";
    let host = prop_oneof![
        4 => one_of(hosts).prop_map(str::to_owned),
        1 => any::<Ipv6Addr>().prop_map(|address| format!("[{address}]")),
        1 => any::<Ipv4Addr>().prop_map(|address| address.to_string()),
        1 => "\\PC{0,12}",
    ];
    let ports = ":|:0|:1|:80|:080|:65535|:65536|:0000000443|:+80|:-1|:80:80|:８０|: 80";
    let port = prop_oneof![3 => Just(""), 2 => one_of(ports)];
    let end = prop_oneof![6 => Just(""), 3 => Just("/"), 2 => one_of("//|/x|?|#| |\n|/?x|\0")];
    (scheme, host, port, end).prop_map(|(scheme, host, port, end)| format!("{scheme}{host}{port}{end}"))
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[!-~]{1,40}", 1 => "[!-~]{1020,1030}", 1 => "[.]{0,4}", 1 => "[ -~]{0,9}", 1 => any::<String>()]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn tokens(text in text()) {
        compare::token(&text);
    }

    #[test]
    fn origins(text in prop_oneof![6 => origin(), 1 => any::<String>()]) {
        compare::origin(&text);
    }

    #[test]
    fn credentials(api_client in text(), secret_key in text()) {
        let _ = compare::credentials(&api_client, &secret_key);
    }

    #[test]
    fn purchases(
        amount in prop_oneof![any::<u64>(), Just(0), Just(MAX_AMOUNT), Just(MAX_AMOUNT + 1), 1..99_u64],
        label in prop_oneof!["\\s{0,3}", any::<String>()],
        phone in prop_oneof!["[ \t\u{a0}\u{3000}\u{200b}]{0,3}", "0[0-9]{8}"],
    ) {
        let _ = compare::purchase(amount, &label, &phone);
    }
}

#[test]
fn each_rule_has_inputs_on_both_sides() {
    assert!(compare::token(KEPT_TOKEN) && compare::token(&"~".repeat(1_024)));
    assert!(!compare::token(&"~".repeat(1_025)));
    assert!(!["", "..", "a b"].map(compare::token).contains(&true));
    assert!(compare::origin("https://ekolopay.com/") && compare::origin("http://[::1]:8099"));
    assert!(!compare::origin("http://ekolopay.com") && !compare::origin("https://ekolopay.com/api"));
    assert_eq!(compare::credentials("demo", "secret"), Ok(()));
    assert_eq!(compare::credentials("démo", "secret"), Err("api_client"));
    assert_eq!(compare::credentials("demo", "secret\n"), Err("secret_key"));
    assert_eq!(compare::purchase(1, "a", "0"), Ok(()));
    assert_eq!(compare::purchase(0, "a", "0"), Err("amount"));
    assert_eq!(compare::purchase(1, "\u{a0}", "0"), Err("product.label"));
    assert_eq!(compare::purchase(1, "a", ""), Err("customer.phone"));
}
