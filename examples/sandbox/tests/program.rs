//! The program `ekolopay-sandbox`: what it prints, and how it fails.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Stdio};

use ekolopay_test_kit::command;

const DEMO: [&str; 2] = ["EKOLOPAY_API_CLIENT=demo", "EKOLOPAY_SECRET_KEY=054e9a59-ab57-4e9a-940d-97e6b940d875"];

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(arguments: &[&str]) -> Program {
    let child = command(env!("CARGO_BIN_EXE_ekolopay-sandbox"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    Program(child.expect("the program"))
}

/// The first lines of its output, and its origin.
fn greeting(program: &mut Program) -> (Vec<String>, String) {
    let out = program.0.stdout.take().expect("stdout");
    let lines: Vec<String> = BufReader::new(out).lines().take(6).collect::<Result<_, _>>().expect("six lines");
    let origin = lines[0].strip_prefix("Gateway: ").expect("the origin").to_owned();
    (lines, origin)
}

#[test]
fn it_prints_its_address_and_the_variables_to_set() {
    let mut program = run(&["--listen", "127.0.0.1:0"]);
    let (lines, origin) = greeting(&mut program);
    assert_eq!(lines[1], format!("Payments and callbacks: {origin}/sandbox"));
    assert_eq!(lines[3], format!("EKOLOPAY_ORIGIN={origin}"));
    assert_eq!(lines[4..], DEMO);
    let page = minreq::get(format!("{origin}/sandbox")).with_timeout(10).send();
    assert_eq!(page.expect("a page").status_code, 200);
    let mut log = String::new();
    let err = program.0.stderr.take().expect("stderr");
    BufReader::new(err).read_line(&mut log).expect("a line");
    assert!(log.starts_with("GET /sandbox 200 "), "{log}");
}

#[test]
fn a_given_secret_is_not_printed() {
    let secret = "not-the-demo-key";
    let arguments = ["--listen", "127.0.0.1:0", "--secret-key", secret, "--api-client", "it's"];
    let mut program = run(&arguments);
    let (lines, _) = greeting(&mut program);
    assert_eq!(lines[4], r"EKOLOPAY_API_CLIENT='it'\''s'");
    assert!(lines[5].starts_with("# EKOLOPAY_SECRET_KEY"));
    assert!(!lines.concat().contains(secret));
}

#[test]
fn a_port_in_use_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let mut program = run(&["--listen", &address]);
    assert_eq!(program.0.wait().expect("its end").code(), Some(1));
    let mut text = String::new();
    program.0.stderr.take().expect("stderr").read_to_string(&mut text).expect("text");
    assert!(text.starts_with(&format!("error: {address} is in use")), "{text}");
}

#[test]
fn a_callback_url_that_cannot_be_called_is_an_error() {
    let arguments = ["--listen", "127.0.0.1:0", "--callback-url", "https://demosa.com/callback"];
    let mut program = run(&arguments);
    assert_eq!(program.0.wait().expect("its end").code(), Some(1));
    let mut text = String::new();
    program.0.stderr.take().expect("stderr").read_to_string(&mut text).expect("text");
    assert!(text.contains("callback URL") && text.contains("http://"), "{text}");
}

#[test]
fn an_address_that_other_machines_reach_gives_a_warning() {
    let mut program = run(&["--listen", "0.0.0.0:0"]);
    greeting(&mut program);
    let mut text = String::new();
    let err = program.0.stderr.take().expect("stderr");
    BufReader::new(err).read_line(&mut text).expect("a line");
    assert!(text.starts_with("warning: not a loopback address"), "{text}");
}

#[test]
fn it_starts_with_payments_and_overwrites_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("orders.csv");
    let path = file.to_str().expect("a path");
    let arguments = ["--listen", "127.0.0.1:0", "--trouble", "20", "--seed", "7", "--payments", "8", "--orders", path];
    let mut program = run(&arguments);
    greeting(&mut program);
    let text = std::fs::read_to_string(&file).expect("the orders");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (9, "order,token"));
    assert!(lines[8].starts_with("order-8,") && lines[8].len() == "order-8,".len() + 32, "{text}");

    let mut second = run(&arguments);
    assert_eq!(second.0.wait().expect("its end").code(), Some(1));
    assert_eq!(std::fs::read_to_string(&file).expect("the orders"), text);
}
