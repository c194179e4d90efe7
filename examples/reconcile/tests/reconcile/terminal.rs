//! What a person sees, and what happens when nobody reads.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_test_kit::replies::{PAID, UNAVAILABLE};
use ekolopay_test_kit::run::{in_terminal, shown, signal};
use ekolopay_test_kit::{Server, response};

use crate::support::{Folder, numbered, paid, server};

#[test]
fn a_terminal_shows_a_progress_bar_with_rate_and_time_left() {
    let count = AtomicUsize::new(0);
    let outage = move || (100..104).contains(&count.fetch_add(1, SeqCst));
    let server = Server::start(move |_| response(200, if outage() { UNAVAILABLE } else { PAID }));
    let folder = Folder::new(numbered(300));
    let mut program = folder.program(&server.origin);
    program.args(["orders.csv", "--pause", "200ms"]);
    let (mut child, mut terminal) = in_terminal(program);
    let (code, shown) = shown(&mut child, &mut terminal);
    assert_eq!(code, 0);
    for part in [" of 300, ", "/s, ", " left", "; waiting 200ms for the gateway: ", "Done: every token is in out.csv."]
    {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[test]
fn a_stop_says_how_far_it_came_within_a_second() {
    // The first four tokens are paid, the others get no answer.
    let silent = Server::in_service(|request| {
        if !("purchaseToken=t0".."purchaseToken=t4").contains(&&*request.body) {
            thread::sleep(Duration::from_secs(20));
        }
        paid()
    });
    for with_terminal in [true, false] {
        let folder = Folder::new(numbered(10));
        let mut program = folder.program(&silent.origin);
        program.args(["orders.csv", "--threads", "2"]);
        let before = silent.calls().len();
        let (mut child, mut terminal) = in_terminal(program);
        while silent.calls().len() < before + 6 || folder.output().lines().count() < 5 {
            thread::sleep(Duration::from_millis(2));
        }
        let stopped = Instant::now();
        if with_terminal {
            terminal.write_all(b"\x03").unwrap();
        } else {
            signal(&child, "TERM");
        }
        let (code, shown) = shown(&mut child, &mut terminal);
        assert_eq!(code, if with_terminal { 130 } else { 143 });
        assert!(stopped.elapsed() < Duration::from_secs(1), "{:?}", stopped.elapsed());
        assert!(shown.contains("Stopped: 4 of 10 written; the same command continues"), "{shown}");
        folder.run(&server(|_| paid()).origin, &[]).says(0, "s; 4 were there before.");
    }
}
