//! Small sizes from end to end, and what the figures become.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::LazyLock;
use std::time::Duration;

use ekolopay_growth::{Cost, Figures, Point, Programs, draw, figures, insert, judge, measure, table};

static PROGRAMS: LazyLock<Programs> = LazyLock::new(|| Programs::build().unwrap());

fn measured(programs: &Programs, sizes: &[u32]) -> ekolopay_growth::Result<Vec<Figures>> {
    Ok(figures(&measure(programs, sizes, 1, |_| ())?))
}

#[test]
fn small_sizes_from_end_to_end() {
    let figures = measured(&PROGRAMS, &[100, 1_000, 3_000]).unwrap();
    let [smallest, middle, largest] = &figures[..] else { panic!("{figures:?}") };

    // Time is noise here, so its limits are wide.
    assert!(largest.per_check(largest.cpu) < 2.0 * middle.per_check(middle.cpu), "{figures:?}");
    assert!((0.5..5.0).contains(&largest.cpu_beside_plain), "{figures:?}");
    assert!(largest.time > smallest.time, "{figures:?}");
    assert!(judge(&figures)[2].holds, "{figures:?}");

    let svg = draw(&figures).unwrap();
    let picture = roxmltree::Document::parse(&svg).unwrap();
    let points = picture.descendants().filter(|node| node.has_tag_name("circle")).count();
    assert_eq!(points, 2 * figures.len());
    for text in ["checks", "100,000", "×100", "exact proportion", "limit", "measured"] {
        assert!(picture.descendants().any(|node| node.text().is_some_and(|it| it.trim() == text)), "{text}");
    }
}

#[test]
fn who_measures_is_not_measured() {
    // The memory of a process that starts another counts as the other's until then, and this one is large.
    let ballast = vec![1_u8; 64 << 20];
    let peak = PROGRAMS.cost("true", [""; 0], &[]).unwrap().peak;
    assert!(peak < 4 * 1024, "{peak} KiB beside {}", ballast.len());
}

#[test]
fn an_output_that_is_not_right_is_no_measurement() {
    let folder = tempfile::tempdir().unwrap();
    let wrapper = folder.path().join("job");
    let programs = Programs { job: wrapper.clone(), ..PROGRAMS.clone() };
    for (change, complaint) in [
        ("$d", "1 tokens have no row"),
        ("$p", "twice, or unknown"),
        ("2s/,[^,]*/,x/", "twice, or unknown"),
        ("s/not_paid/paid/", "a wrong row"),
        ("2s/^/x/", "a wrong row"),
    ] {
        fs::write(&wrapper, format!("#!/bin/sh\n'{}' \"$@\" && sed -i '{change}' \"$5\"\n", PROGRAMS.job.display()))
            .unwrap();
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
        let error = measured(&programs, &[20]).unwrap_err().to_string();
        assert!(error.contains(complaint), "{change}: {error}");
    }
    fs::write(&wrapper, "#!/bin/sh\necho why >&2\nexit 5\n").unwrap();
    let error = measured(&programs, &[20]).unwrap_err().to_string();
    assert!(error.contains("why") && error.contains("exit status: 5"), "{error}");
}

/// Of a job that takes as long, and as much memory, as is said; the plain loop takes half of it.
fn made_up(time: impl Fn(u32) -> f64, peak: impl Fn(u32) -> u32) -> Vec<Figures> {
    let points = [100, 1_000, 10_000, 100_000].map(|checks| {
        let cost = |part: f64| {
            let time = Duration::from_secs_f64(time(checks) * part);
            Cost { time, cpu: time * 2, peak: peak(checks) }
        };
        // A disturbed round does not change the median.
        Point { checks, job: [1.0, 9.0, 1.0].map(cost).into(), plain: [0.5; 3].map(cost).into() }
    });
    figures(&points)
}

fn broken(figures: &[Figures]) -> [bool; 3] {
    judge(figures).map(|verdict| !verdict.holds)
}

#[test]
fn the_rules_know_growth_from_none() {
    let linear = |checks: u32| 0.01 + f64::from(checks) / 1_000.0;
    assert_eq!(broken(&made_up(linear, |_| 7_000)), [false; 3]);
    assert_eq!(broken(&made_up(|checks| linear(checks).powf(1.1), |_| 7_000)), [true, true, false]);
    assert_eq!(broken(&made_up(|checks| linear(checks).powf(0.9), |_| 7_000)), [true, true, false]);
    assert_eq!(broken(&made_up(linear, |checks| 7_000 + checks / 10)), [false, false, true]);
    assert_eq!(judge(&[]).map(|verdict| verdict.holds), [false; 3]);
}

#[test]
fn the_table_has_a_line_a_size() {
    let figures = made_up(|checks| f64::from(checks) / 1_000.0, |checks| if checks < 500 { 4_000 } else { 5_000 });
    let table = table(&figures);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 6, "{table}");
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    assert_eq!(cells(lines[2])[1..8], ["100", "0.10", "1.00", "1.00", "1.00", "2.00", "2.00"]);
    assert_eq!(cells(lines[5])[1..8], ["100,000", "100.00", "1.00", "1.00", "1.25", "2.00", "2.00"]);
}

#[test]
fn the_readme_is_changed_between_its_marks_alone() {
    let readme = include_str!("../../../examples/reconcile/README.md");
    let once = insert(readme, "| a table |\n").unwrap();
    assert_eq!(insert(&once, "| a table |\n").unwrap(), once);
    let (before, after) = once.split_once("\n| a table |\n\n").unwrap();
    assert!(readme.starts_with(before) && readme.ends_with(after));
    assert!(insert("no marks", "").is_err());
}
