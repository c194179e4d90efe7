//! What a person sees in a terminal of 60 columns, and how signals end a night.

use pty_process::{Size, blocking};

use crate::support::*;

/// The exit code, and the lines that a terminal this wide has shown.
fn shown(program: Command, columns: u16) -> (i32, String) {
    let (mut terminal, other_side) = blocking::open().unwrap();
    terminal.resize(Size::new(24, columns)).unwrap();
    let mut child = blocking::Command::from(program).env("TERM", "xterm").spawn(other_side).unwrap();
    let mut shown = Vec::new();
    // Without the program, reading the terminal ends with an error.
    let _ = std::io::copy(&mut terminal, &mut shown);
    let shown = String::from_utf8(shown).unwrap().replace("\u{1b}[2K", "").replace('\r', "\n");
    (child.wait().unwrap().code().unwrap(), shown)
}

#[test]
fn no_word_is_broken_at_60_columns() {
    let commands = "--help, doctor --help, availability --help, purchase --help, check --help, reconcile --help, \
                    callback --help, listen --help, trigger --help, doctor, check a";
    for arguments in commands.split(',') {
        let [narrow, wide] = [60, 1000].map(|columns| {
            let mut program = ekolopay(NOBODY, arguments);
            program.env("NO_COLOR", "1").env_remove("EKOLOPAY_SECRET_KEY");
            shown(program, columns).1
        });
        assert!(narrow.split_whitespace().eq(wide.split_whitespace()), "{narrow}");
        assert!(narrow.lines().all(|line| line.chars().count() <= 60), "{narrow}");
    }
}

#[test]
fn the_progress_is_one_line_with_the_reason_of_a_wait() {
    let count = AtomicUsize::new(0);
    let is_out = move || (40..60).contains(&count.fetch_add(1, SeqCst));
    let server = Server::start(move |_| if is_out() { response(200, UNAVAILABLE) } else { paid() });
    let folder = Folder::new(numbered(100));
    let (code, shown) = shown(folder.reconcile(&server.origin, "--threads 8"), 60);
    assert_eq!(code, 0);
    let lines: Vec<&str> = shown.lines().filter(|line| line.contains(" of 100, ")).collect();
    assert!(lines.iter().any(|line| line.contains(" left, waiting: \"Service")), "{shown:?}");
    assert!(lines.iter().all(|line| line.chars().count() <= 60), "{shown:?}");
}

/// An exit code shows that the program handles the signal: process 1 of a container gets no others.
#[test]
fn a_stop_says_how_far_it_came_within_a_second_and_frees_the_output() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let slow = server(|token| if token < "t4" { paid() } else { never() });
        let folder = Folder::new(numbered(8));
        let child = folder.reconcile(&slow.origin, "--threads 2").stderr(Stdio::piped()).spawn().unwrap();
        wait_until(|| folder.output().lines().count() == 5);
        folder.run(NOBODY, "").says(5, "out.csv is in use by another run");
        let stopped = Instant::now();
        assert!(Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert!(stopped.elapsed() < Duration::from_secs(1), "{:?}", stopped.elapsed());
        assert_eq!(output.status.code(), Some(code));
        assert_eq!(output.stderr, b"Stopped: 4 of 8 answered. The same command goes on.\n");
        folder.run(&server(|_| paid()).origin, "").says(0, ", 4 of them before, since ");
    }
}
