//! Credentials: what is accepted, what is shown, and what the environment gives.

mod merchant;

use std::env;
use std::ffi::OsStr;
use std::process::Command;
use std::time::Duration;

use ekolopay::{Credentials, Gateway, GatewayBuilder, InvalidInput};

#[track_caller]
fn refused(api_client: &str, secret_key: &str, text: &str) {
    let invalid = Credentials::new(api_client, secret_key).unwrap_err();
    assert_eq!(invalid.to_string(), text);
}

#[test]
fn neither_is_longer_than_1_024_bytes() {
    let (most, long, longest) = ("a".repeat(1_024), "a".repeat(1_025), "a".repeat(70_000));
    assert!(Credentials::new(most.as_str(), most.as_str()).is_ok());
    for long in [&long, &longest] {
        refused(long, "secret", "api_client must be at most 1,024 bytes long");
        refused("demo", long, "secret_key must be at most 1,024 bytes long");
    }
}

#[test]
fn anything_but_visible_ascii_is_refused_by_its_field() {
    refused("", "k", "api_client must not be empty");
    refused("demo", "", "secret_key must not be empty");
    for bad in ["a b", " demo", "demo\n", "démo", "a\0b", "a\tb", "a\u{7f}", "a\u{200b}b"] {
        refused(bad, "k", "api_client must be visible ASCII characters only");
        refused("demo", bad, "secret_key must be visible ASCII characters only");
    }
}

#[test]
fn every_visible_ascii_character_is_accepted() {
    let all: String = ('!'..='~').collect();
    let credentials = Credentials::new(all.as_str(), all.clone()).unwrap();
    assert_eq!(credentials.api_client(), all);
}

#[test]
fn debug_shows_the_client_and_hides_the_secret() {
    let text = format!("{:?}", merchant::credentials());
    assert_eq!(text, r#"Credentials { api_client: "demo", secret_key: [secret] }"#);
    let pretty = format!("{:#?}", merchant::credentials().clone());
    assert!(!pretty.contains("054e"), "{pretty}");
}

/// Environment variables belong to a process, so each case is one: this test's own executable, run again. It says what
/// became of `Gateway::from_env`, `Credentials::from_env`, the two builders below, and which proxy is used.
fn in_environment(variables: &[(&str, impl AsRef<OsStr>)]) -> Vec<String> {
    let mut child = Command::new(env::current_exe().unwrap());
    for (name, _) in env::vars_os() {
        let upper = name.to_string_lossy().to_uppercase();
        if upper.starts_with("EKOLOPAY_") || upper.ends_with("_PROXY") {
            child.env_remove(name);
        }
    }
    child.args(["child", "--exact", "--ignored", "--nocapture"]);
    let output = child.envs(variables.iter().map(|(name, value)| (name, value))).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, line) = text.split_once("from_env: ").expect("the child prints what it got");
    line.lines().next().unwrap().split(" / ").map(str::to_owned).collect()
}

#[test]
#[ignore = "a part of the tests below, which run it in environments of their own"]
fn child() {
    let shown = |built: Result<Gateway, InvalidInput>| match built {
        Ok(gateway) => gateway.payment_url(&merchant::token()),
        Err(error) => error.to_string(),
    };
    let builder = || GatewayBuilder::from_env().map(|builder| builder.timeout(Duration::from_secs(1)));
    let gateway = shown(Gateway::from_env());
    let credentials = Credentials::from_env().map_err(|error| error.field());
    let completed = shown(builder().and_then(GatewayBuilder::build));
    let replaced = shown(builder().and_then(|builder| builder.origin("http://127.0.0.1:1").build()));
    let proxy = Gateway::from_env().ok().and_then(|gateway| {
        assert!(!format!("{gateway:?}").contains("password"));
        gateway.proxy().map(str::to_owned)
    });
    println!("from_env: {gateway} / {credentials:?} / {completed} / {replaced} / {proxy:?}");
}

const CLIENT: (&str, &str) = ("EKOLOPAY_API_CLIENT", "demo");
const SECRET: (&str, &str) = ("EKOLOPAY_SECRET_KEY", "k-123");

#[test]
fn the_environment_gives_credentials_and_origin_which_other_settings_complete() {
    let path = "purchase-product/940d4e9aab5797e6055e1259b84a9875";
    for (origin, used) in [
        (None, format!("https://ekolopay.com/{path}")),
        (Some(""), format!("https://ekolopay.com/{path}")),
        (Some("http://[::1]:8099/"), format!("http://[::1]:8099/{path}")),
        (Some("ekolopay.com"), "EKOLOPAY_ORIGIN must begin with https:// or http://".to_owned()),
    ] {
        let origin = origin.map(|origin| ("EKOLOPAY_ORIGIN", origin));
        let variables: Vec<_> = [CLIENT, SECRET].into_iter().chain(origin).collect();
        let credentials = r#"Ok(Credentials { api_client: "demo", secret_key: [secret] })"#;
        let replaced = format!("http://127.0.0.1:1/{path}");
        assert_eq!(in_environment(&variables), [&used, credentials, &used, &replaced, "None"]);
    }
}

#[track_caller]
fn names<V: AsRef<OsStr>>(variables: &[(&str, V)], variable: &str, rule: &str) {
    let shown = in_environment(variables);
    assert_eq!(shown[..2], [format!("{variable} {rule}"), format!("Err({variable:?})")]);
}

#[test]
fn an_invalid_variable_is_named() {
    names::<&str>(&[], "EKOLOPAY_API_CLIENT", "is not set");
    names(&[CLIENT], "EKOLOPAY_SECRET_KEY", "is not set");
    names(&[CLIENT, ("EKOLOPAY_SECRET_KEY", "")], "EKOLOPAY_SECRET_KEY", "must not be empty");
    let rule = "must be visible ASCII characters only";
    names(&[CLIENT, ("EKOLOPAY_SECRET_KEY", "k-123 ")], "EKOLOPAY_SECRET_KEY", rule);
    let shown = in_environment(&[CLIENT, SECRET, ("EKOLOPAY_ORIGIN", "http://ekolopay.com")]);
    assert_eq!(shown[0], "EKOLOPAY_ORIGIN must be https: http is for loopback hosts only");
    assert!(shown[1].starts_with("Ok("), "{shown:?}");
}

#[test]
fn the_proxy_is_found_when_the_gateway_is_built() {
    let with = |origin: &str, proxy: &str| {
        in_environment(&[CLIENT, SECRET, ("EKOLOPAY_ORIGIN", origin), ("HTTPS_PROXY", proxy)])
    };
    let proxy = "http://user:password@proxy.example:3128";
    assert_eq!(with("https://gateway.example", proxy)[4], r#"Some("proxy.example:3128")"#);
    assert_eq!(with("http://localhost", proxy)[4], "None", "never before loopback");
    let origin = ("EKOLOPAY_ORIGIN", "https://gateway.example");
    let shown = in_environment(&[CLIENT, SECRET, origin, ("HTTPS_PROXY", proxy), ("NO_PROXY", "gateway.example")]);
    assert_eq!(shown[4], "None", "the variable names this host");
    let shown = with("https://gateway.example", "socks5://proxy.example");
    assert_eq!(
        shown[0],
        "HTTPS_PROXY must be the address of an http or https proxy, such as http://proxy.example:3128"
    );
    let used = with("http://127.0.0.1:1", "socks5://proxy.example");
    assert!(used[0].starts_with("http://127.0.0.1:1/"), "nothing is asked of a proxy that is not used: {used:?}");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_unicode_is_an_error() {
    use std::os::unix::ffi::OsStrExt;

    let broken = ("EKOLOPAY_SECRET_KEY", OsStr::from_bytes(b"k-\xff"));
    names(&[("EKOLOPAY_API_CLIENT", OsStr::new("demo")), broken], "EKOLOPAY_SECRET_KEY", "is not Unicode");
}

/// A text of the merchant's own is treated as the SDK treats those of the gateway.
#[test]
fn a_text_is_redacted_for_the_merchants_own_log() {
    let credentials = Credentials::new("demo", "k/12 3".replace(' ', "+")).unwrap();
    let text = r"k/12+3, k%2F12%2B3, k\/12+3, k\u002f12+3: demo";
    assert_eq!(credentials.redact(text), "[secret], [secret], [secret], [secret]: demo");
    assert_eq!(credentials.redact("nothing to hide"), "nothing to hide");
    assert_eq!(Credentials::new("demo", "e").unwrap().redact("the key"), "", "it also occurs in the mark");
}
