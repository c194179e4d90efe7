//! What a person sees in a terminal of 60 columns, and how signals end a night.

use std::io::Read;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay::canned::UNAVAILABLE;
use ekolopay_test_kit::{Server, response};
use pty_process::{Size, blocking};

use crate::support::{Folder, PROGRAM, bare, numbered, paid, server};

/// The exit code, and all that a terminal of so many columns has shown.
fn shown(program: Command, columns: u16) -> (i32, String) {
    let (mut terminal, other_side) = blocking::open().unwrap();
    terminal.resize(Size::new(24, columns)).unwrap();
    let mut child = blocking::Command::from(program).env("TERM", "xterm").spawn(other_side).unwrap();
    let mut shown = Vec::new();
    // Without the program, reading the terminal ends with an error.
    let _ = terminal.read_to_end(&mut shown);
    (child.wait().unwrap().code().unwrap(), String::from_utf8(shown).unwrap())
}

#[test]
fn help_breaks_no_words_at_60_columns() {
    let commands = ["doctor", "availability", "purchase", "check", "reconcile", "callback", "listen", "trigger"];
    for arguments in commands.map(|command| vec![command, "--help"]).into_iter().chain([vec!["--help"], vec!["-h"]]) {
        let help = |columns| {
            let mut program = bare(PROGRAM);
            program.args(&arguments);
            program.env("NO_COLOR", "1");
            let text = shown(program, columns).1;
            let longest = text.lines().map(|line| line.chars().count()).max();
            (text.split_whitespace().map(str::to_owned).collect::<Vec<_>>(), longest.unwrap())
        };
        let ((words, longest), (expected, _)) = (help(60), help(1000));
        assert_eq!(words, expected);
        assert!(longest <= 60, "{longest}: {arguments:?}");
    }
}

#[test]
fn the_progress_is_one_line_with_the_reason_of_a_wait() {
    let count = AtomicUsize::new(0);
    let is_out = move || (40..60).contains(&count.fetch_add(1, SeqCst));
    let server = Server::start(move |_| if is_out() { response(200, UNAVAILABLE) } else { paid() });
    let folder = Folder::new(numbered(100));
    let (code, shown) = shown(folder.reconcile(&server.origin, &["--threads", "8"]), 60);
    assert_eq!(code, 0);
    for part in [" of 100, ", "/s, ", " left waiting: \"Service"] {
        assert!(shown.contains(part), "{part} in {shown:?}");
    }
    let lines =
        shown.split(['\r', '\n']).filter(|line| line.contains("/s, ")).map(|line| line.replace("\u{1b}[2K", ""));
    assert!(lines.map(|line| line.chars().count()).max().unwrap() <= 60, "{shown:?}");
}

#[test]
fn a_stop_says_how_far_it_came_within_a_second() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        // The first four tokens are paid, the others get no answer.
        let slow = server(|token| {
            if !("t0".."t4").contains(&token) {
                thread::sleep(Duration::from_secs(20));
            }
            paid()
        });
        let folder = Folder::new(numbered(8));
        let mut child = folder.reconcile(&slow.origin, &["--threads", "2"]);
        let mut child = child.stderr(std::process::Stdio::piped()).spawn().unwrap();
        while folder.output().lines().count() < 5 {
            thread::sleep(Duration::from_millis(2));
        }
        let stopped = Instant::now();
        let kill = Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert!(stopped.elapsed() < Duration::from_secs(1), "{:?}", stopped.elapsed());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(err, "Stopped: 4 of 8 answered. The same command goes on.\n");
        folder.run(&server(|_| paid()).origin, &[]).says(0, ", 4 of them before.");
    }
}
