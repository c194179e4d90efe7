//! `listen` and `trigger`

use std::io::{BufRead, BufReader};
use std::process::{ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay::canned::PAID;
use ekolopay_sandbox::Sandbox;
use ekolopay_test_kit::{Authority, Server, response};
use serde_json::{Value, json};

use crate::support::{Folder, Killed, NOBODY, PROGRAM, paid, run, run_at, server};

/// Its address, its lines of JSON, and what it says to people.
fn listen(
    folder: &Folder,
    origin: &str,
    arguments: &[&str],
) -> (Killed, String, BufReader<ChildStdout>, Receiver<String>) {
    let mut program = folder.command(PROGRAM, origin);
    program.args(["listen", "--json"]).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Killed(program.spawn().unwrap());
    let (mut out, err) = (BufReader::new(child.0.stdout.take().unwrap()), child.0.stderr.take().unwrap());
    let (sender, lines) = channel();
    thread::spawn(move || BufReader::new(err).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let url = next(&mut out)["listening"].as_str().unwrap().to_owned();
    (child, url, out, lines)
}

fn next(out: &mut impl BufRead) -> Value {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

/// The status and the body of the answer.
fn post(url: &str, body: &str) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut reply = agent.post(url).send(body).unwrap();
    (reply.status().as_u16(), reply.body_mut().read_to_string().unwrap())
}

const CLAIM: &str = "purchaseToken=a&paymentSuccessful=true&status=SUCCESS&message=";

#[test]
fn a_callback_is_passed_on_at_once_and_checked_later() {
    let authority = Authority::new();
    // A company's own shop.
    let shop = authority.server(|_| response(202, ""));
    let slow = server(|_| {
        thread::sleep(Duration::from_secs(2));
        paid()
    });
    let folder = Folder::new("");
    folder.write("roots.pem", authority.pem());
    let url = format!("{}/paid?x=1", shop.origin);
    let arguments = ["--forward-to", &url, "--root-certificates", "roots.pem"];
    let (_child, listening, mut out, _) = listen(&folder, &slow.origin, &arguments);
    let start = Instant::now();
    assert_eq!(post(&listening, CLAIM).0, 202);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    let requests = shop.requests();
    assert!(requests[0].head.starts_with("POST /paid?x=1 ") && requests[0].body == CLAIM, "{requests:?}");
    let mut printed = next(&mut out);
    assert!(humantime::parse_rfc3339(printed["time"].as_str().unwrap()).is_ok());
    printed["time"].take();
    let claim = json!({ "purchaseToken": "a", "paymentSuccessful": true, "status": "SUCCESS", "message": "" });
    let expected = json!({ "claim": claim, "forwarded": 202, "verified": true, "agrees": true, "purchaseToken": "a",
        "paymentSuccessful": true, "time": null });
    assert_eq!(printed, expected);
}

#[test]
fn a_refused_request_says_which_field_and_a_silent_shop_is_named() {
    let (folder, gateway) = (Folder::new(""), server(|_| response(200, PAID)));
    let shop = Server::start(|_| Vec::new());
    let (_child, listening, mut out, err) = listen(&folder, &gateway.origin, &["--forward-to", &shop.origin]);
    assert_eq!(post(&listening, "purchaseToken=a"), (400, "paymentSuccessful is missing\n".to_owned()));
    assert_eq!(err.recv().unwrap(), "");
    assert!(err.recv().unwrap().ends_with(" Answered 400, this is not a callback: paymentSuccessful is missing"));
    assert!(shop.requests().is_empty() && gateway.requests().is_empty());
    assert_eq!(post(&listening, CLAIM).0, 502);
    assert_eq!(next(&mut out)["forwarded"], 502);
    let port = listening.rsplit(':').next().unwrap();
    let mut itself = folder.command(PROGRAM, &gateway.origin);
    itself.args(["listen", "--port", port, "--forward-to", &format!("{listening}/x")]);
    run(itself, "").says(2, "forward-to must be an http or https URL other than this one");
    let mut taken = folder.command(PROGRAM, &gateway.origin);
    taken.args(["listen", "--port", port]);
    run(taken, "").says(5, &format!("cannot listen on port {port}"));
}

#[test]
fn a_payment_of_the_local_gateway_is_triggered_once() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let sandbox = Sandbox::builder().callback_url(format!("http://127.0.0.1:{port}/callback")).start().unwrap();
    let (token, folder) = (sandbox.add_payment("Iphone S", 150_000), Folder::new(""));
    let (_child, _, mut out, _) = listen(&folder, &sandbox.origin(), &["--port", &port]);
    let trigger = |token: &str| {
        let mut without_credentials = crate::support::bare(PROGRAM);
        without_credentials.args(["trigger", "paid", token, "--origin", &sandbox.origin()]);
        run(without_credentials, "")
    };
    assert_eq!(trigger(&token).out, format!("{token} settled: paid\n"));
    let printed = next(&mut out);
    assert_eq!((&printed["claim"]["purchaseToken"], &printed["agrees"]), (&json!(token), &json!(true)));
    trigger(&token).says(2, "the local gateway refused: ");
    trigger("unknown").says(2, "the local gateway refused: ");
    let other = server(|_| paid());
    run_at(&other.origin, &["trigger", "paid", "a"]).says(2, "is not the local gateway: it answered HTTP 200");
    run_at(NOBODY, &["trigger", "paid", "a"]).says(4, "no answer from 127.0.0.1:1");
}
