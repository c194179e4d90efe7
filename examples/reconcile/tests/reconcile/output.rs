//! What is written: whole rows, each once, whatever happened before.

use std::fs;
use std::process::Stdio;

use ekolopay_test_kit::replies::NOT_PAID;
use ekolopay_test_kit::run::{Killed, silence};
use ekolopay_test_kit::{Server, response};

use crate::support::{Folder, checked, paid, server};

const BOM: char = '\u{feff}';
const INPUT: &str = "order,token\nA1,t1\n\"A \"\"2\"\", é\",t2\nA3,t3\n";

#[test]
fn an_output_cut_at_any_byte_is_repaired_and_continued() {
    for (input, separator) in
        [(INPUT.to_owned(), ","), (format!("{BOM}{}", INPUT.replace(',', ";").replace('\n', "\r\n")), ";")]
    {
        let folder = Folder::new(input);
        let server = || server(|token| if token == "t1" { response(200, NOT_PAID) } else { paid() });
        folder.run(&server().origin, &[]).says(0, "paid              2\nnot_paid          1\n");
        let finished = folder.output();
        let rows: String = finished.lines().skip(1).map(|line| format!("{line}\n")).collect();
        assert_eq!(rows, "A1,t1,not_paid,\n\"A \"\"2\"\", é\",t2,paid,\nA3,t3,paid,\n".replace(',', separator));
        for cut in 0..=finished.len() {
            let kept = &finished.as_bytes()[..cut];
            folder.write("out.csv", kept);
            let _ = fs::remove_file(folder.path("out.csv.cut"));
            let server = server();
            let run = folder.run(&server.origin, &[]);
            // A row whose last newline is missing is whole.
            let whole = |lines: usize| finished.split_inclusive('\n').take(lines).collect::<String>().trim_end().len();
            let lines = (1..5).take_while(|lines| cut >= whole(*lines)).count();
            if lines == 4 {
                run.says(6, "Nothing to do");
                continue;
            }
            run.says(0, "paid              2\nnot_paid          1\n");
            assert_eq!(folder.output(), finished, "cut at {cut}");
            assert_eq!(checked(&server), ["t1", "t2", "t3"][lines.saturating_sub(1)..], "cut at {cut}");
            let start = kept.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            let is_cut = cut > start && cut < whole(lines + 1) && cut > whole(lines) + 2;
            if is_cut {
                assert_eq!(fs::read(folder.path("out.csv.cut")).unwrap(), [&kept[start..], b"\n"].concat());
                assert!(run.err.contains("moved an incomplete last line of "), "{}", run.err);
            }
        }
    }
}

#[test]
fn two_jobs_cannot_write_to_the_same_output() {
    // The first job waits for an answer, with the output locked.
    let silent = Server::start(|_| silence());
    let folder = Folder::new(INPUT);
    let first = Killed(folder.program(&silent.origin).arg("orders.csv").stderr(Stdio::null()).spawn().unwrap());
    silent.wait_for(1);
    folder.run(&silent.origin, &[]).says(5, "out.csv is in use by another job");
    drop(first);
    // The kill unlocked it.
    folder.run(&server(|_| paid()).origin, &[]).says(0, "paid              3\n");
    assert_eq!(folder.rows().len(), 3);
}
