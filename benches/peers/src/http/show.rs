//! The throughputs as text for a terminal, and as Markdown for `BENCHMARKS.md`.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, presets};

use crate::document;
use crate::results::{Http, HttpRow, Protocol, Spread};

const HEAD: [&str; 6] = ["", "requests/s", "to bare", "10th..90th", "to a layer that does nothing", "goal"];

pub(super) fn text(http: &Http) -> String {
    let mut text = format!("{}\n", http.machine.line());
    for protocol in &http.protocols {
        let mut shown = comfy_table::Table::new();
        shown.load_style(presets::ASCII_MARKDOWN).set_header(HEAD).add_rows(cells(protocol));
        shown.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
        let _ = write!(text, "\n{}\n{shown}\n", title(protocol));
    }
    text
}

pub(super) fn markdown(http: &Http) -> String {
    let mut text = format!("{}.\n", http.machine.line());
    for protocol in &http.protocols {
        let _ = write!(text, "\n{}:\n\n{}", title(protocol), document::markdown(&HEAD, &cells(protocol)));
    }
    text
}

fn title(protocol: &Protocol) -> String {
    let Protocol { name, load, repeated, disturbed, .. } = protocol;
    format!("{name}, `{load}`, {repeated} pairs measured again, {disturbed} kept although disturbed")
}

fn cells(protocol: &Protocol) -> Vec<Vec<String>> {
    let verdict = |met| match (protocol.is_quiet(), met) {
        (false, _) => "not judged",
        (true, true) => "ok",
        (true, false) => "MISSED",
    };
    let spread = |spread: Spread| format!("{:.3}..{:.3}", spread.p10, spread.p90);
    let cells = |row: &HttpRow| {
        let goal = row.goal.zip(row.met()).map(|(goal, met)| format!("{goal} {}", verdict(met)));
        let to_nothing = (row.to_nothing.p50 > 0.0).then(|| format!("{:.3}", row.to_nothing.p50));
        vec![
            row.name.clone(),
            format!("{:.0}", row.rate.p50),
            format!("{:.3}", row.to_bare.p50),
            spread(row.to_bare),
            to_nothing.unwrap_or_default(),
            goal.unwrap_or_default(),
        ]
    };
    protocol.rows.iter().map(cells).collect()
}
