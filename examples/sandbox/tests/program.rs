//! The program `ekolopay-sandbox`: what it prints, and how it fails.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use ekolopay_test_kit::run::Killed;
use ekolopay_test_kit::{as_pid_1, command, terminate_pid_1};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ekolopay-sandbox");
const DEMO_KEY: &str = "054e9a59-ab57-4e9a-940d-97e6b940d875";

fn spawn(mut command: Command) -> Killed {
    Killed(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

/// On a free port, unless the arguments name an address.
fn run(arguments: &[&str]) -> Killed {
    let mut command = command(PROGRAM);
    if !arguments.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command.args(arguments);
    spawn(command)
}

/// What the program writes to stderr before it fails.
fn failure(arguments: &[&str]) -> String {
    let mut program = run(arguments);
    let mut text = String::new();
    program.0.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(!program.0.wait().unwrap().success());
    text
}

/// The first lines of its output, and its origin.
fn greeting(program: &mut Killed) -> (Vec<String>, String) {
    let out = program.0.stdout.take().unwrap();
    let lines: Vec<String> = BufReader::new(out).lines().take(6).collect::<Result<_, _>>().unwrap();
    let origin = lines[0].strip_prefix("Gateway: ").unwrap().to_owned();
    (lines, origin)
}

fn log_line(program: &mut Killed) -> String {
    let mut line = String::new();
    BufReader::new(program.0.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    line
}

/// The variables of a program that is started after these lines were pasted into a shell.
#[cfg(unix)]
fn pasted(lines: &[String]) -> String {
    let script = lines.join("\n") + "\nprintenv EKOLOPAY_ORIGIN EKOLOPAY_API_CLIENT EKOLOPAY_SECRET_KEY";
    String::from_utf8(command("sh").args(["-c", &script]).output().unwrap().stdout).unwrap()
}

#[cfg(unix)]
#[test]
fn it_prints_its_address_and_the_variables_to_set() {
    let mut program = run(&[]);
    let (lines, origin) = greeting(&mut program);
    assert_eq!(lines[1], format!("Payments and callbacks: {origin}/sandbox"));
    assert!(lines[3..].iter().all(|line| line.starts_with("export EKOLOPAY_")), "{lines:?}");
    assert_eq!(pasted(&lines[3..]), format!("{origin}\ndemo\n{DEMO_KEY}\n"));
    let page = minreq::get(format!("{origin}/sandbox")).with_timeout(10).send();
    assert_eq!(page.unwrap().status_code, 200);
    assert!(log_line(&mut program).starts_with("GET /sandbox 200 "));
}

#[cfg(unix)]
#[test]
fn a_given_secret_is_not_printed() {
    let secret = "not-the-demo-key";
    let client = r#"it's "$HOME"; * `echo` \n"#;
    let (lines, origin) = greeting(&mut run(&["--secret-key", secret, "--api-client", client]));
    assert_eq!(pasted(&lines[3..]), format!("{origin}\n{client}\n"));
    assert!(lines[5].starts_with("# EKOLOPAY_SECRET_KEY") && !lines.concat().contains(secret));
}

#[test]
fn what_cannot_work_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert!(failure(&["--listen", &address]).starts_with(&format!("error: {address} is in use")));
    assert!(failure(&["--callback-url", "https://demosa.com/callback"]).contains("callback URL"));
    assert!(failure(&["--rate-limit", "0"]).contains("--rate-limit"));
    assert!(failure(&["--redirect-method", "post"]).contains("--redirect-url"));
}

#[test]
fn an_address_that_other_machines_reach_gives_a_warning() {
    let mut program = run(&["--listen", "0.0.0.0:0"]);
    greeting(&mut program);
    assert!(log_line(&mut program).starts_with("warning: not a loopback address"));
}

#[test]
fn the_flags_reach_the_gateway() {
    let flags = "--redirect-url http://a/back --redirect-method post --same-token --late-known 1 --rate-limit 4";
    let mut program = run(&flags.split(' ').collect::<Vec<_>>());
    let (_, origin) = greeting(&mut program);
    let post = |path: &str, form: &str| {
        let request = minreq::post(format!("{origin}{path}")).with_timeout(10).with_body(form);
        let answer = request.with_header("Content-Type", "application/x-www-form-urlencoded").send().unwrap();
        (answer.status_code, answer.as_str().unwrap().to_owned())
    };
    let order = format!("amount=5&product={{\"label\":\"a\"}}&customer={{\"phone\":\"06\"}}&secret_key={DEMO_KEY}");
    let (_, first) = post("/api/v1/gateway/purchase-token?api_client=demo", &order);
    assert_eq!(post("/api/v1/gateway/purchase-token?api_client=demo", &order).1, first, "--same-token");
    let token = first.split('"').find(|part| part.len() == 32).unwrap();
    let check = format!("purchaseToken={token}&secret_key={DEMO_KEY}");
    let checks = [(); 3].map(|()| post("/api/v1/gateway/check-payment?api_client=demo", &check));
    assert!(checks[0].1.contains("inconnu") && checks[1].1.contains("payment_successful"), "--late-known: {checks:?}");
    assert_eq!(checks[2].0, 429, "--rate-limit");
    let (status, page) = post(&format!("/purchase-product/{token}"), "outcome=paid");
    assert!(status == 200 && page.contains("action=\"http://a/back\""), "--redirect-method");
}

#[test]
fn the_readme_names_every_flag() {
    let help = String::from_utf8(command(PROGRAM).arg("--help").output().unwrap().stdout).unwrap();
    let mut flags = help.split("\n      --").skip(1).filter_map(|flag| flag.split(' ').next());
    assert!(flags.all(|flag| include_str!("../README.md").contains(&format!("`--{flag}"))), "{help}");
}

#[test]
fn the_first_process_of_a_container_stops_as_any_other() {
    let Some(mut command) = as_pid_1(PROGRAM) else { return };
    command.args(["--listen", "127.0.0.1:0"]);
    let mut program = spawn(command);
    greeting(&mut program);
    assert_eq!(terminate_pid_1(&mut program.0), Some(143));
}

#[cfg(unix)]
#[test]
fn with_too_many_connections_a_client_gets_a_503() {
    let mut limited = command("sh");
    limited.args(["-c", "ulimit -n 64; exec \"$0\" --listen 127.0.0.1:0", PROGRAM]);
    let mut program = spawn(limited);
    let (_, origin) = greeting(&mut program);
    let address = origin.strip_prefix("http://").unwrap();
    let status = |mut stream: &TcpStream| {
        let mut status = [0; 12];
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // A refused client may have its answer already.
        let _ = write!(stream, "GET /sandbox HTTP/1.1\r\nHost: {address}\r\n\r\n");
        stream.read_exact(&mut status).expect("an answer, not a reset");
        String::from_utf8_lossy(&status[9..]).into_owned()
    };
    let kept: Vec<TcpStream> = (0..32).map(|_| TcpStream::connect(address).unwrap()).collect();
    assert!((0..20).all(|_| status(&TcpStream::connect(address).unwrap()) == "503"));
    assert!(kept.iter().all(|stream| status(stream) == "200"));
    assert_eq!(status(&TcpStream::connect(address).unwrap()), "200", "an idle connection makes room");
}

#[test]
fn it_starts_with_payments_and_overwrites_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.csv");
    let path = file.to_str().unwrap();
    let arguments = ["--trouble", "20", "--seed", "7", "--payments", "8", "--orders", path];
    let mut program = run(&arguments);
    greeting(&mut program);
    let text = fs::read_to_string(&file).unwrap();
    let (head, last) = (text.lines().next(), text.lines().nth(8).unwrap());
    assert!(head == Some("order,token") && last.starts_with("order-8,") && last.len() == 40, "{text}");
    assert!(failure(&arguments).contains("already exists"));
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}
