//! The table as text for a terminal, and as Markdown for `BENCHMARKS.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use comfy_table::{CellAlignment, presets};

use crate::peer::Group;
use crate::processor::FOREIGN;
use crate::results::{Goal, Row, Spread, Table};
use crate::{document, peers};

const HEAD: [&str; 10] = [
    "",
    "version",
    "ns, 1 thread",
    "ns, 2 threads",
    "instructions",
    "allocations",
    "x default, 1",
    "x default, 2",
    "x fast, 1",
    "x fast, 2",
];

const GROUPS: [(Group, &str, [&str; 2]); 2] = [
    (Group::Service, "Around a bare service, over the bare service", ["goodput", "goodput-fast"]),
    (Group::Router, "In an axum router, over the router alone", ["router-goodput", "router-goodput-fast"]),
];

pub(super) fn text(table: &Table) -> String {
    let mut text = format!("{}\n", table.machine.line());
    for (group, title, goodput) in GROUPS {
        let mut shown = comfy_table::Table::new();
        shown.load_style(presets::ASCII_MARKDOWN).set_header(HEAD);
        shown.add_rows(rows(table, group, goodput));
        shown.column_iter_mut().skip(2).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
        let _ = write!(text, "\n{title} (median, 10th to 90th percentile):\n{shown}\n");
    }
    let mut shown = comfy_table::Table::new();
    shown.load_style(presets::ASCII_MARKDOWN).set_header(GOAL_HEAD);
    shown.add_rows(goal_rows(table));
    let _ = write!(text, "\nTimes cheaper than:\n{shown}\n");
    for (note, cases) in notes(table) {
        let _ = write!(text, "\n{}: {note}", cases.join(", "));
    }
    for loss in &table.losses {
        let _ = write!(text, "\n{loss}");
    }
    if table.foreign > FOREIGN {
        let _ = write!(text, "\n{}", disturbance(table));
    }
    text
}

pub(super) fn markdown(table: &Table) -> String {
    let mut text = format!(
        "{}. {} runs of {} rounds; median and 10th to 90th percentile.\n",
        table.machine.line(),
        table.runs,
        table.rounds
    );
    for (group, title, goodput) in GROUPS {
        let _ = write!(text, "\n{title}:\n\n{}", document::markdown(&HEAD, &rows(table, group, goodput)));
    }
    let _ = write!(text, "\nTimes cheaper than:\n\n{}", document::markdown(&GOAL_HEAD, &goal_rows(table)));
    for (threads, cheaper) in
        [("1 thread", 1), ("2 threads", 2)].map(|(words, threads)| (words, cheaper_than_goodput(table, threads)))
    {
        let names = if cheaper.is_empty() { "nothing".to_owned() } else { cheaper.join("; ") };
        let _ = write!(text, "\n- Cheaper than goodput by default, on {threads}: {names}.");
    }
    for (note, cases) in notes(table) {
        let _ = write!(text, "\n- {}: {note}.", cases.join(", "));
    }
    for loss in &table.losses {
        let _ = write!(text, "\n- {loss}.");
    }
    if table.foreign > FOREIGN {
        let _ = write!(text, "\n- {}.", disturbance(table));
    }
    text
}

fn rows(table: &Table, group: Group, goodput: [&str; 2]) -> Vec<Vec<String>> {
    let find = |id: &str| table.rows.iter().find(|row| row.id == id);
    let bare = find(peers::bare_of(group));
    let row = |row: &Row| {
        let is_bare = row.id == peers::bare_of(group);
        let nanos = if is_bare { &row.nanos } else { &row.over_bare };
        let mut cells = vec![row.name.clone(), version(table, row)];
        cells.extend([1, 2].map(|threads| nanos.get(&threads).map_or_else(absent, |spread| cell(*spread))));
        let bare_instructions = if is_bare { Some(0.0) } else { bare.and_then(|bare| bare.instructions) };
        let instructions = row.instructions.zip(bare_instructions).map(|(all, bare)| format!("{:.0}", all - bare));
        cells.push(instructions.unwrap_or_else(absent));
        let bare_allocations = if is_bare { Some(0.0) } else { bare.and_then(|bare| bare.allocations) };
        let allocations = row.allocations.zip(bare_allocations).map(|(all, bare)| format!("{:.0}", all - bare));
        cells.push(allocations.unwrap_or_else(absent));
        for goodput in goodput {
            for threads in [1, 2] {
                let ours = find(goodput).and_then(|row| row.over_bare.get(&threads));
                let ratio = row.over_bare.get(&threads).zip(ours).filter(|_| !is_bare);
                cells.push(ratio.map_or_else(String::new, |(theirs, ours)| times(theirs.p50 / ours.p50.max(1.0))));
            }
        }
        cells
    };
    table.rows.iter().filter(|row| row.group == group).map(row).collect()
}

/// None of ours and of what everything stands on.
fn version(table: &Table, row: &Row) -> String {
    let package = peers::ALL.iter().find(|peer| peer.id == row.id).map_or("", |peer| peer.package);
    let version = table.versions.get(package).filter(|_| !["goodput", "tower", "axum"].contains(&package));
    version.cloned().unwrap_or_default()
}

fn cell(spread: Spread) -> String {
    format!("{:.0} [{:.0}..{:.0}]", spread.p50, spread.p10, spread.p90)
}

fn times(ratio: f64) -> String {
    if ratio.abs() < 9.95 { format!("{ratio:.1}") } else { format!("{ratio:.0}") }
}

fn absent() -> String {
    "-".to_owned()
}

const GOAL_HEAD: [&str; 5] = ["", "default, 1 thread", "fast, 1 thread", "default, 2 threads", "fast, 2 threads"];

fn goal_rows(table: &Table) -> Vec<Vec<String>> {
    let mut by_peer: Vec<(&str, Vec<&Goal>)> = Vec::new();
    for goal in &table.goals {
        match by_peer.last_mut() {
            Some((peer, goals)) if *peer == goal.peer => goals.push(goal),
            _ => by_peer.push((&goal.peer, vec![goal])),
        }
    }
    let verdict = |goal: &Goal| {
        let median = goodput_bench::stats::median(&goal.times);
        format!("{} of {} {}", times(median), goal.at_least, if goal.met { "ok" } else { "MISSED" })
    };
    let row = |(peer, goals): (&str, Vec<&Goal>)| {
        let name = table.rows.iter().find(|row| row.id == peer).map_or_else(|| peer.to_owned(), |row| row.name.clone());
        std::iter::once(name).chain(goals.into_iter().map(verdict)).collect()
    };
    by_peer.into_iter().map(row).collect()
}

fn disturbance(table: &Table) -> String {
    let percent = table.foreign * 100.0;
    format!("DISTURBED: others used {percent:.0} % of the processors; on two threads cases may not have met")
}

/// Of what does something.
fn cheaper_than_goodput(table: &Table, threads: usize) -> Vec<&str> {
    let cost = |row: &Row| row.over_bare.get(&threads).map(|spread| spread.p50);
    let Some(ours) = table.rows.iter().find(|row| row.id == "goodput").and_then(cost) else { return Vec::new() };
    let theirs = table.rows.iter().filter(|row| row.group == Group::Service && !row.id.starts_with("goodput"));
    let theirs = theirs.filter(|row| ![peers::BARE, "nothing"].contains(&row.id.as_str()));
    theirs.filter(|row| cost(row).is_some_and(|theirs| theirs < ours)).map(|row| row.name.as_str()).collect()
}

fn notes(table: &Table) -> BTreeMap<&str, Vec<&str>> {
    let mut notes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in &table.rows {
        if let Some(note) = &row.note {
            notes.entry(note).or_default().push(&row.id);
        }
    }
    notes
}
