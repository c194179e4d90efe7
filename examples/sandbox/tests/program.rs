//! The program `ekolopay-sandbox`: what it prints, how it fails and stops, and the PHP of its README.
#![cfg(unix)]

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{self, Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use ekolopay_sandbox::DEMO_SECRET_KEY;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ekolopay-sandbox");
const README: &str = include_str!("../README.md");

/// Killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An empty key stands for none.
fn command(listen: &str, arguments: &[&str], key: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["--listen", listen]).args(arguments).env_remove("SANDBOX_SECRET_KEY");
    command.envs((!key.is_empty()).then_some(("SANDBOX_SECRET_KEY", key)));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn it_prints_variables_to_paste_and_logs_until_it_is_asked_to_stop() {
    let odd = r#"it's "$HOME"; * `echo` \n"#;
    for (listen, client, key, shown, signal, code, warning) in [
        ("localhost:0", "demo", "", DEMO_SECRET_KEY, "INT", 130, ""),
        ("0.0.0.0:0", odd, "not-the-demo-key", "", "TERM", 143, "warning: not a loopback address, "),
    ] {
        let mut program = Running(command(listen, &["--api-client", client], key).spawn().unwrap());
        let out = BufReader::new(program.0.stdout.take().unwrap());
        let lines: Vec<String> = out.lines().take(8).collect::<Result<_, _>>().unwrap();
        let origin = lines[0].strip_prefix("Gateway: ").unwrap();
        assert!(origin.starts_with("http://127.0.0.1:"), "where it can be reached: {origin}");
        let script = lines[3..6].join("\n") + "\nprintenv EKOLOPAY_ORIGIN EKOLOPAY_API_CLIENT EKOLOPAY_SECRET_KEY";
        let pasted = Command::new("sh").args(["-c", &script]).env_remove("EKOLOPAY_SECRET_KEY").output().unwrap();
        assert_eq!(String::from_utf8_lossy(&pasted.stdout).trim(), format!("{origin}\n{client}\n{shown}").trim());
        assert!(lines[7] == "Ctrl-C pour arrêter" && (key.is_empty() || !lines.concat().contains(key)));
        assert_eq!(minreq::get(format!("{origin}/sandbox")).with_timeout(10).send().unwrap().status_code, 200);

        let kill = format!("kill -s {signal} {}", program.0.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        assert_eq!(program.0.wait().unwrap().code(), Some(code));
        let log = io::read_to_string(program.0.stderr.take().unwrap()).unwrap();
        assert!(log.starts_with(warning) && log.lines().last().unwrap().starts_with("GET /sandbox 200 "), "{log}");
    }
}

#[test]
fn what_cannot_work_is_an_error() {
    let callback = "https://demosa.com/callback|HTTP://demosa.com/|demosa.com/callback|http://|http:///callback|\
        http://127.0.0.1:0/|http://127.0.0.1:99999/|http://127.0.0.1:x/|http://[::1]:8080/|http://user@demosa.com/|\
        http://demosa.com/a b|http://demosa.com/\r\nX: y|";
    let redirect = "|/|javascript:alert(1)|https://|https://a/\r\nX: y|https://a/é";
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap();
    for (flag, values, key, message) in [
        ("--redirect-url", "https://demosa.com", "", &*format!("cannot listen on {taken}: ")),
        ("--callback-url", callback, "", "the callback URL must be "),
        ("--redirect-url", redirect, "", "the redirect URL must be "),
        ("--api-client", " |", "", "the api_client is blank"),
        ("--api-client", "demo", " ", "the secret_key is blank"),
        ("--pay-after", "-1|x|1e99", "", "invalid value "),
    ] {
        for value in values.split('|') {
            let argument = format!("{flag}={value}");
            let failed = command(&format!("localhost:{}", taken.port()), &[&argument], key).output().unwrap();
            let text = String::from_utf8(failed.stderr).unwrap();
            assert!(!failed.status.success() && text.starts_with(&format!("error: {message}")), "{argument}: {text}");
        }
    }
    assert!(String::from_utf8_lossy(&command("8099", &[], "").output().unwrap().stderr).contains("such as 127.0.0.1:"));
}

#[test]
fn the_readme_names_every_flag_and_every_number() {
    let help = String::from_utf8(Command::new(PROGRAM).arg("--help").output().unwrap().stdout).unwrap();
    let mut flags = help.split("\n      --").skip(1).filter_map(|flag| flag.split([' ', '\n']).next());
    assert!(flags.all(|flag| README.contains(&format!("--{flag}"))), "{help}");
    assert!((1..=12).all(|last| README.contains(&format!("0600000{last:02}"))));
}

/// The README's shop, under the tests that its reader would write.
#[test]
fn the_php_of_the_readme_sells() {
    if Command::new("php").arg("-v").stdout(Stdio::null()).status().is_err() {
        assert!(env::var_os("CI").is_none(), "PHP is missing");
        return writeln!(io::stderr(), "PHP is missing: the README's shop was not tried").unwrap();
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(process::id().to_string());
    fs::create_dir_all(&folder).unwrap();
    let script = README.split("```php\n").nth(1).unwrap().split("```").next().unwrap();
    let ship = "file_put_contents('shipped', \"$token\\n\", FILE_APPEND); //";
    fs::write(folder.join("shop.php"), script.replace("// Ship here", ship)).unwrap();
    let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let shops = free.each_ref().map(|free| free.local_addr().unwrap().to_string());
    let callback = format!("--callback-url=http://{}/callback", shops[0]);
    let mut gateway =
        Running(command("localhost:0", &[&callback, "--pay-after=0.5", "--latency=0.2"], "").spawn().unwrap());
    let line = BufReader::new(gateway.0.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let origin = line.strip_prefix("Gateway: ").unwrap();
    let php = |arguments: &[&str]| {
        let mut command = Command::new("php");
        command.args(arguments).current_dir(&folder).env("TMPDIR", &folder).env("SHOPS", shops.join(" "));
        command.env("EKOLOPAY_ORIGIN", origin).env("EKOLOPAY_API_CLIENT", "demo");
        command.env("EKOLOPAY_SECRET_KEY", DEMO_SECRET_KEY);
        command
    };
    drop(free); // Until now, no other program could take their ports.
    let serve = |shop: &String| Running(php(&["-S", shop, "shop.php"]).stderr(Stdio::null()).spawn().unwrap());
    let _running = shops.each_ref().map(serve);
    while shops.iter().any(|shop| TcpStream::connect(shop).is_err()) {
        thread::sleep(Duration::from_millis(20));
    }
    let test = php(&[concat!(env!("CARGO_MANIFEST_DIR"), "/tests/journey.php")]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&test.stdout), "all as expected", "{}", String::from_utf8_lossy(&test.stderr));
    fs::remove_dir_all(&folder).unwrap();
}
