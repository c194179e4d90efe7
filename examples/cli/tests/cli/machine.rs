//! What a machine has at night: files that can be opened, memory, a disk that may be full, an output elsewhere.

use std::os::unix::fs::{MetadataExt, symlink};

use crate::support::*;

fn limited(folder: &Folder, origin: &str, limit: &str) -> Run {
    let mut shell = merchant("sh", origin);
    let line = format!("{limit}; exec {PROGRAM} reconcile orders.csv --output out.csv --threads 64");
    shell.args(["-c", &line]).current_dir(folder.path(""));
    run(shell, "")
}

/// The limit of descriptors lets some checks run, that of memory not even all threads start.
#[test]
fn this_machine_is_not_the_gateway() {
    let slow = server(|_| {
        thread::sleep(Duration::from_millis(100));
        paid()
    });
    for (limit, text) in [("ulimit -n 24", "Too many open files"), ("ulimit -v 100000", "a thread cannot be started")] {
        let folder = Folder::new(numbered(200));
        let run = limited(&folder, &slow.origin, limit);
        run.says(5, text);
        run.says(5, "are left. The same command goes on.");
        assert!(folder.rows().iter().all(|row| row[2] == "paid"), "{}", folder.output());
    }
}

#[test]
fn a_row_that_does_not_fit_ends_all_writing_and_is_asked_again() {
    let server = server(|token| if token == "t0" { paid() } else { refusal("purchaseToken inconnu.") });
    let folder = Folder::new(numbered(40));
    // Blocks of 512 or 1,024 bytes: the rows take more than two of either.
    limited(&folder, &server.origin, "trap '' XFSZ; ulimit -f 2").says(5, "Stopped: cannot write out.csv: ");
    let output = folder.output();
    assert!(!output.ends_with('\n') && output.lines().count() > 2, "{output}");
    let run = folder.run(&server.origin, "--accept-refusals");
    run.says(1, "dropped a last row that was cut");
    run.says(1, &format!("40 of 40 answered in 0s, {} of them before", output.lines().count() - 2));
    assert_eq!(folder.rows().len(), 40);
}

/// It stays the same file, and none is made beside it: nothing can be renamed to a file that is mounted by itself.
#[test]
fn the_output_may_be_behind_a_link_and_on_another_file_system() {
    let (folder, elsewhere) = (Folder::new(numbered(2)), tempfile::NamedTempFile::new_in("/dev/shm").unwrap());
    symlink(elsewhere.path(), folder.path("out.csv")).unwrap();
    for _ in 0..2 {
        folder.run(&server(|_| paid()).origin, "").says(0, "Done");
        assert_eq!(folder.rows().len(), 2);
        assert!(fs::symlink_metadata(folder.path("out.csv")).unwrap().is_symlink());
        assert_eq!(fs::metadata(elsewhere.path()).unwrap().ino(), elsewhere.as_file().metadata().unwrap().ino());
        assert_eq!(fs::read_dir(folder.path("")).unwrap().count(), 2);
    }
}

#[test]
fn a_token_costs_at_most_150_bytes() {
    let peak = |count: u32| {
        let silent = server(|_| never());
        let lines = (0..count).map(|n| format!("order-{n},{n:032x}\n")).collect::<String>();
        let folder = Folder::new(format!("order,token\n{lines}"));
        let child = Killed(folder.reconcile(&silent.origin, "").stderr(Stdio::null()).spawn().unwrap());
        wait_until(|| !checked(&silent).is_empty());
        let status = fs::read_to_string(format!("/proc/{}/status", child.0.id())).unwrap();
        let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix(" kB"));
        1024 * kilobytes.unwrap().trim().parse::<u32>().unwrap()
    };
    // The hash table has just grown, from 7/8 of 2^18 entries: a token never costs more.
    let (few, many) = (peak(100), peak(230_000));
    assert!(many < few + 150 * 230_000, "{few} bytes for 100 tokens, {many} for 230,000");
}
