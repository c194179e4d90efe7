use comfy_table::{CellAlignment, Table};

use crate::measure::Figures;

/// The figures as a table, each with its ratio to those of the base. Of times there is only the ratio.
pub fn table(figures: &[Figures], base: &Figures) -> String {
    let mut table = Table::new();
    table.load_preset(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header(["program", "kind", "TLS", "crates", "ratio", "build, ratio", "binary, KB", "ratio"]);
    for own in figures {
        table.add_row([
            own.name.clone(),
            own.kind.to_owned(),
            own.tls.clone(),
            own.crates.to_string(),
            format!("{:.2}", ratio(own.crates as u64, base.crates as u64)),
            format!("{:.2}", own.build),
            format!("{}", (own.bytes + 500) / 1000),
            format!("{:.2}", ratio(own.bytes, base.bytes)),
        ]);
    }
    table.column_iter_mut().skip(3).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table.to_string()
}

/// Crates and bytes of a program are far below the numbers that a float cannot tell apart.
#[allow(clippy::cast_precision_loss)]
fn ratio(own: u64, base: u64) -> f64 {
    own as f64 / base as f64
}
