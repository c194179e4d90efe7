//! The output of a night: whole rows, each once, whatever happened before.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use humantime::format_rfc3339_seconds;

use crate::support::{Folder, HEADER, Killed, NOBODY, PROGRAM, checked, never, numbered, paid, run, server};

fn ago(hours: u64) -> String {
    format_rfc3339_seconds(SystemTime::now() - Duration::from_secs(hours * 3600)).to_string()
}

#[test]
fn an_output_cut_at_any_byte_is_continued() {
    let folder = Folder::new("order,token\nA1,t1\n\"A \"\"2\"\", é\",t2\nA3,t3\n");
    folder.run(&server(|_| paid()).origin, &["--threads", "1"]).says(0, "Done");
    let finished = folder.output();
    for cut in (0..=finished.len()).filter(|cut| finished.is_char_boundary(*cut)) {
        let kept = &finished[..cut];
        folder.write("out.csv", kept);
        let server = server(|_| paid());
        let run = folder.run(&server.origin, &["--threads", "1"]);
        run.says(0, "paid              3\n");
        let is_cut = !kept.is_empty() && !kept.ends_with('\n');
        assert_eq!(run.err.contains("dropped a last row that was cut"), is_cut, "{kept:?} {}", run.err);
        let whole = kept.matches('\n').count();
        assert_eq!(checked(&server), ["t1", "t2", "t3"][whole.saturating_sub(1).min(3)..], "{kept:?}");
        assert_eq!(folder.rows().len(), 3, "{kept:?}");
        // What was there stays.
        assert!(folder.output().starts_with(&kept[..kept.rfind('\n').map_or(0, |end| end + 1)]));
    }
}

#[test]
fn nothing_of_an_earlier_night_is_reported_as_tonights() {
    let folder = Folder::new(numbered(3));
    let server = server(|_| paid());
    for (hours, code) in [(19, 0), (21, 2), (24, 2), (24 * 300, 2)] {
        let before = format!("{HEADER}A1,t1,not_paid,{},\n", ago(hours));
        folder.write("out.csv", &before);
        let today = &format_rfc3339_seconds(SystemTime::now()).to_string()[..10];
        let run = folder.run(&server.origin, &[]);
        if code == 0 {
            run.says(0, "not_paid          1\n");
        } else {
            run.says(2, "out.csv is of another night");
            run.says(2, &format!("use another --output, out-{today}.csv"));
            assert_eq!(folder.output(), before);
        }
    }
    // A clock that was days ahead.
    let ahead = format_rfc3339_seconds(SystemTime::now() + Duration::from_secs(86_400));
    folder.write("out.csv", format!("{HEADER}A1,t1,paid,{ahead},\n"));
    folder.run(NOBODY, &[]).says(2, "out.csv is of another night");
}

#[test]
fn another_file_is_refused_and_left_alone() {
    let folder = Folder::new(numbered(3));
    let now = ago(0);
    let rows =
        ["A1,t1,paid", "A1,t1,PAID,{},", "A1,t1,error,{},", "A1,t1,paid,yesterday,", "A1,t1,paid,{},,", "\u{1},\"t"];
    let rows = rows.map(|row| format!("{HEADER}A0,t0,paid,{now},\n{}\n", row.replace("{}", &now)));
    let others = ["hello".to_owned(), "hello\n".to_owned(), "order,token\nA1,t1\n".to_owned(), format!("\n{HEADER}")];
    for text in others.iter().chain(&rows) {
        let is_row = text.starts_with(HEADER);
        let part = if is_row {
            "line 3 of out.csv is not a row of this"
        } else {
            "another file: its first line is not order,"
        };
        folder.write("out.csv", text);
        folder.run(NOBODY, &[]).says(2, part);
        assert_eq!(&folder.output(), text);
    }
    for output in ["-", ".", "nowhere/out.csv", "orders.csv"] {
        let mut program = folder.command(PROGRAM, NOBODY);
        program.args(["reconcile", "orders.csv", "--output", output]);
        assert_eq!(run(program, "").code, 2, "{output}");
    }
    assert_eq!(fs::read_to_string(folder.path("orders.csv")).unwrap(), numbered(3));
}

#[test]
#[cfg(unix)]
fn the_output_may_be_behind_a_link() {
    let folder = Folder::new(numbered(2));
    let elsewhere = tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap());
    fs::write(elsewhere.path().join("real.csv"), "").unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("real.csv"), folder.path("out.csv")).unwrap();
    for _ in 0..2 {
        folder.run(&server(|_| paid()).origin, &[]).says(0, "Done");
        assert_eq!(folder.rows().len(), 2);
        assert!(fs::symlink_metadata(folder.path("out.csv")).unwrap().is_symlink());
    }
}

#[test]
fn two_runs_cannot_write_to_the_same_output() {
    let silent = server(|_| never());
    let folder = Folder::new(numbered(2));
    let first = Killed(folder.reconcile(&silent.origin, &[]).stderr(Stdio::null()).spawn().unwrap());
    silent.wait_for(1);
    folder.run(&silent.origin, &[]).says(5, "out.csv is in use by another run");
    drop(first);
    // The kill unlocked it.
    folder.run(&server(|_| paid()).origin, &[]).says(0, "paid              2\n");
}
