//! The table of outcomes, and what else the tests tell at their end.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use comfy_table::{ColumnConstraint, Table, Width};

/// A line of the table is for all faults of a row with the same outcome.
type Lines = BTreeMap<(u8, Hit, String, String), Vec<String>>;

static LINES: Mutex<Lines> = Mutex::new(BTreeMap::new());
static GROWTH: AtomicU64 = AtomicU64::new(0);
static REMARKS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Where the fault was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hit {
    Build,
    Call,
    Check,
}

/// Puts an outcome, `Transport: Unknown`, in the table.
pub(crate) fn note(row: u8, fault: &str, hit: Hit, outcome: &str) {
    let (what, delivery) = outcome.rsplit_once(": ").unwrap_or((outcome, ""));
    let mut lines = LINES.lock().unwrap();
    let faults = lines.entry((row, hit, what.to_owned(), delivery.to_owned())).or_default();
    if !faults.iter().any(|known| known == fault) {
        faults.push(fault.to_owned());
    }
}

/// A line below the table.
pub(crate) fn remark(text: String) {
    REMARKS.lock().unwrap().push(text);
}

/// By how much a client's memory grew, in KiB.
pub(crate) fn grew(by: u64) {
    GROWTH.fetch_max(by, Ordering::SeqCst);
}

pub(crate) fn print() {
    let lines = LINES.lock().unwrap();
    if !lines.is_empty() {
        let mut table = Table::new();
        table.load_preset(comfy_table::presets::ASCII_MARKDOWN);
        table.set_header(["row", "fault", "it hits the", "outcome", "delivery"]);
        for ((row, hit, what, delivery), faults) in &*lines {
            let hit = format!("{hit:?}").to_lowercase();
            table.add_row([&row.to_string(), &faults.join("; "), &hit, what, delivery]);
        }
        table.set_constraints([
            ColumnConstraint::ContentWidth,
            ColumnConstraint::UpperBoundary(Width::Fixed(90)),
            ColumnConstraint::ContentWidth,
        ]);
        table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
        table.set_width(180);
        println!("\n{table}");
    }
    if let growth @ 1.. = GROWTH.load(Ordering::SeqCst) {
        println!(
            "\nThe memory of no client in a process of its own, rows 7, 18 and 31, grew by more than {growth} KiB."
        );
    }
    for remark in &*REMARKS.lock().unwrap() {
        println!("\n{remark}");
    }
}
