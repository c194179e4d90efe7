use comfy_table::{Table, presets};
use ekolopay_bench::median;
use ekolopay_round_trips::Cost;

use crate::rounds::{Call, Measured};

pub(crate) fn of(measured: &[Measured]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN);
    table.set_header([
        "delay",
        "check_payment",
        "client",
        "connections",
        "handshakes",
        "round trips",
        "time ÷ delay",
        "ratio",
    ]);
    for Measured { delay, calls } in measured {
        for Call { name, ekolopay, by_hand } in calls {
            let ratio = median(ekolopay.iter().zip(by_hand).map(|(ours, theirs)| ours.elapsed / theirs.elapsed));
            for (client, costs, ratio) in
                [("ekolopay", ekolopay, format!("{ratio:.2}")), ("by hand", by_hand, String::new())]
            {
                table.add_row([
                    format!("{} ms", delay.as_millis()),
                    (*name).to_owned(),
                    client.to_owned(),
                    counted(costs, |cost| cost.crossed.connections.to_string()),
                    counted(costs, handshakes),
                    counted(costs, |cost| cost.crossed.round_trips.to_string()),
                    format!("{:.2}", median(costs.iter().map(|cost| cost.elapsed))),
                    ratio,
                ]);
            }
        }
    }
    table
}

fn handshakes(cost: &Cost) -> String {
    match (cost.served.full, cost.served.resumed) {
        (0, 0) => "0".to_owned(),
        (full, 0) => format!("{full} full"),
        (0, resumed) => format!("{resumed} resumed"),
        (full, resumed) => format!("{full} full, {resumed} resumed"),
    }
}

/// The same in every round, or else all that was seen.
fn counted(costs: &[Cost], count: impl Fn(&Cost) -> String) -> String {
    let mut seen: Vec<String> = costs.iter().map(count).collect();
    seen.sort();
    seen.dedup();
    seen.join(" or ")
}
