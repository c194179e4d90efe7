//! The figures as a table in Markdown.

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};

use crate::Figures;

/// One line a size.
pub fn table(figures: &[Figures]) -> String {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN).set_header([
        "checks",
        "time",
        "time a check",
        "CPU a check",
        "peak memory",
        "time / plain loop",
        "CPU / plain loop",
    ]);
    for it in figures {
        let ratios =
            [it.time, it.per_check(it.time), it.per_check(it.cpu), it.peak, it.time_beside_plain, it.cpu_beside_plain];
        table.add_row(std::iter::once(thousands(it.checks)).chain(ratios.map(|ratio| format!("{ratio:.2}"))));
    }
    table.column_iter_mut().for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table.to_string()
}

/// 100,000; below a million.
pub(crate) fn thousands(number: u32) -> String {
    if number < 1_000 { number.to_string() } else { format!("{},{:03}", number / 1_000, number % 1_000) }
}
