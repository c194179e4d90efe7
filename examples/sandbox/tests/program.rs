//! The program `ekolopay-sandbox`: what it prints, how it fails and stops, and the PHP of its README.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ekolopay-sandbox");
const DEMO_KEY: &str = "054e9a59-ab57-4e9a-940d-97e6b940d875";
const README: &str = include_str!("../README.md");

/// Killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// On a free port, unless the arguments name an address. An empty key stands for none.
fn run(arguments: &[&str], key: &str) -> Running {
    let mut command = Command::new(PROGRAM);
    if !arguments.contains(&"--listen") {
        command.args(["--listen", "localhost:0"]);
    }
    command.args(arguments).env_remove("SANDBOX_SECRET_KEY");
    command.envs((!key.is_empty()).then_some(("SANDBOX_SECRET_KEY", key)));
    Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

/// What the program writes to stderr before it fails.
fn failure(arguments: &[&str], key: &str) -> String {
    let mut program = run(arguments, key);
    let mut text = String::new();
    program.0.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(!program.0.wait().unwrap().success());
    text
}

/// The lines that it prints, and its origin.
fn greeting(program: &mut Running) -> (Vec<String>, String) {
    let out = program.0.stdout.take().unwrap();
    let lines: Vec<String> = BufReader::new(out).lines().take(8).collect::<Result<_, _>>().unwrap();
    let origin = lines[0].strip_prefix("Gateway: ").unwrap().to_owned();
    (lines, origin)
}

#[test]
fn it_prints_its_address_and_the_variables_to_paste_and_logs() {
    let client = r#"it's "$HOME"; * `echo` \n"#;
    for (client, key, shown) in [("demo", "", DEMO_KEY), (client, "not-the-demo-key", "")] {
        let mut program = run(&["--api-client", client], key);
        let (lines, origin) = greeting(&mut program);
        let script = lines[3..6].join("\n") + "\nprintenv EKOLOPAY_ORIGIN EKOLOPAY_API_CLIENT EKOLOPAY_SECRET_KEY";
        let pasted = Command::new("sh").args(["-c", &script]).env_remove("EKOLOPAY_SECRET_KEY").output().unwrap();
        assert_eq!(String::from_utf8_lossy(&pasted.stdout).trim(), format!("{origin}\n{client}\n{shown}").trim());
        assert!(lines[7] == "Ctrl-C pour arrêter" && (key.is_empty() || !lines.concat().contains(key)));
        assert_eq!(minreq::get(format!("{origin}/sandbox")).with_timeout(10).send().unwrap().status_code, 200);
        let mut line = String::new();
        BufReader::new(program.0.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("GET /sandbox 200 "), "{line}");
    }
}

#[test]
fn what_cannot_work_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("127.0.0.1:{}", taken.local_addr().unwrap().port());
    let text = failure(&["--listen", &address.replace("127.0.0.1", "localhost")], "");
    assert!(text.starts_with(&format!("error: cannot listen on {address}: ")), "{text}");
    assert!(failure(&["--callback-url", "https://demosa.com/callback"], "").contains("callback URL"));
    assert!(failure(&["--pay-after=-1"], "").contains("--pay-after"));
    assert!(failure(&[], " ").contains("secret_key is blank"));
}

#[test]
fn the_readme_names_every_flag_and_every_number() {
    let help = String::from_utf8(Command::new(PROGRAM).arg("--help").output().unwrap().stdout).unwrap();
    let mut flags = help.split("\n      --").skip(1).filter_map(|flag| flag.split([' ', '\n']).next());
    assert!(flags.all(|flag| README.contains(&format!("--{flag}"))), "{help}");
    assert!((1..=12).all(|last| README.contains(&format!("0600000{last:02}"))));
}

/// Process 1 of a container has no defaults for signals, so this one stops by its own.
#[test]
fn it_stops_when_it_is_asked_to() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut program = run(&["--listen", "0.0.0.0:0"], "");
        greeting(&mut program);
        let kill = Command::new("sh").args(["-c", &format!("kill -s {signal} {}", program.0.id())]).status();
        assert!(kill.unwrap().success());
        assert_eq!(program.0.wait().unwrap().code(), Some(code));
        let mut text = String::new();
        program.0.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        assert!(text.starts_with("warning: not a loopback address"), "{text}");
    }
}

/// The README's shop, under the tests that its reader would write.
#[test]
fn the_php_of_the_readme_sells() {
    if Command::new("php").arg("-v").stdout(Stdio::null()).status().is_err() {
        assert!(env::var_os("CI").is_none(), "PHP is missing");
        return;
    }
    let folder = env::temp_dir().join(format!("ekolopay-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let shop = README.split("```php\n").nth(1).unwrap().split("```").next().unwrap();
    fs::write(folder.join("shop.php"), shop).unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = free.to_string();
    let callback = format!("http://{address}/callback");
    let mut sandbox = run(&["--callback-url", &callback, "--pay-after", "0.5"], "");
    let (_, origin) = greeting(&mut sandbox);
    let php = |arguments: &[&str]| {
        let mut command = Command::new("php");
        command.args(arguments).current_dir(&folder).env("TMPDIR", &folder).env("SHOP", format!("http://{address}"));
        command.env("EKOLOPAY_ORIGIN", &origin).env("EKOLOPAY_API_CLIENT", "demo").env("EKOLOPAY_SECRET_KEY", DEMO_KEY);
        command
    };
    let _shop = Running(php(&["-S", &address, "shop.php"]).stderr(Stdio::null()).spawn().unwrap());
    while TcpStream::connect(free).is_err() {
        thread::sleep(Duration::from_millis(20));
    }
    let test = php(&[concat!(env!("CARGO_MANIFEST_DIR"), "/tests/journey.php")]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&test.stdout), "all as expected");
    fs::remove_dir_all(&folder).unwrap();
}
