//! A status as two tables: the SLOs, two lines each, and the routes. They fit into 80 columns.

use std::time::Duration;

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, LineStyle, Table, TableStyle};
use goodput::{BurnRate, ConditionStatus, Outcome, Position, Remaining, RouteStatus, SloStatus, Status, Window};

/// A line under the header and nothing else.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));

/// The SLOs, with `gap` columns between columns.
pub(crate) fn slos(status: &Status, gap: u16) -> Table {
    let header = [
        "SLO\n  objective",
        "good",
        "bad",
        "excl.",
        "burn\n5m",
        "burn\n1h",
        "budget left\n  period seen",
        "condition\n  burns >needed",
    ];
    let rows = status.slos.iter().map(slo);
    table(&header, rows, 1..=5, gap)
}

fn slo(slo: &SloStatus) -> Vec<Cell> {
    let promise = match slo.indicator.threshold() {
        Some((threshold, _)) => format!("{} ≤ {threshold:?}", slo.objective),
        None => slo.objective.to_string(),
    };
    let seen = slo.windows.last().map_or(0.0, |period| period.seen.coverage.share());
    vec![
        Cell::new(format!("{}\n  {promise}", slo.name)),
        Cell::new(slo.counts.good),
        Cell::new(slo.counts.bad),
        Cell::new(slo.counts.excluded),
        burning(slo.burn(Window::M5)),
        burning(slo.burn(Window::H1)),
        Cell::new(format!("{}\n{:.1} % of {}", left(slo.budget.remaining()), seen * 100.0, slo.period)),
        slo.worst().map_or_else(|| Cell::new("no alert rows"), |worst| condition(slo, worst)),
    ]
}

fn burning(burn: BurnRate) -> Cell {
    match burn {
        BurnRate::NoData => Cell::new("-"),
        BurnRate::Of(rate) if rate > 1.0 => Cell::new(times(rate)).fg(Color::Yellow),
        BurnRate::Of(rate) => Cell::new(times(rate)),
    }
}

fn times(rate: f64) -> String {
    let decimals = usize::from(rate < 100.0);
    format!("{rate:.decimals$}x")
}

fn left(remaining: Remaining) -> String {
    match remaining {
        Remaining::NoData => "no data".to_owned(),
        Remaining::AtMost(share) => format!("at most {:.1} %", share * 100.0),
        Remaining::Is(share) => format!("{:.1} %", share * 100.0),
    }
}

/// Where it stands, its burns over both windows, and what the long one has to exceed, given how much of it was seen.
fn condition(slo: &SloStatus, condition: &ConditionStatus) -> Cell {
    let (row, now) = (&condition.row, &condition.now);
    let (long, short) = (row.long(), row.short());
    let burn = |window| slo.burn(window).value().map_or_else(|| "-".to_owned(), times);
    let needed = times(now.effective_factor);
    let row = format!("{} {} {long}/{short}\n{}/{} >{needed}", now.position, row.severity(), burn(long), burn(short));
    match now.position {
        Position::Firing => Cell::new(row).fg(Color::Red).add_attribute(Attribute::Bold),
        Position::Increasing | Position::Recovering => Cell::new(row).fg(Color::Yellow),
        Position::Acceptable | Position::NoData => Cell::new(now.position),
    }
}

/// The routes; rates are since the `earlier` status, per second of the `real` time that went by.
pub(crate) fn routes(status: &Status, earlier: &Status, real: Duration, gap: u16) -> Table {
    let header = ["route", "per s", "errors", "gone", "in flight", "p50", "p99"];
    let rows = status.routes.iter().map(|route| {
        let before = earlier.route(&route.template);
        let per_second = |count: fn(&RouteStatus) -> u64| {
            let new = count(route).saturating_sub(before.map_or(0, count));
            Cell::new(format!("{:.1}", new as f64 / real.as_secs_f64()))
        };
        let latency = route.success.summary();
        let time = |time: Duration| Cell::new(format!("{time:.1?}"));
        vec![
            Cell::new(&route.template),
            per_second(|route| route.begun),
            per_second(RouteStatus::failures),
            per_second(|route| route.outcome(Outcome::Cancelled)),
            Cell::new(route.in_flight),
            latency.map_or_else(|| Cell::new("-"), |latency| time(latency.p50)),
            latency.map_or_else(|| Cell::new("-"), |latency| time(latency.p99)),
        ]
    });
    table(&header, rows, 1..=6, gap)
}

fn table(
    header: &[&str],
    rows: impl Iterator<Item = Vec<Cell>>,
    numbers: impl Iterator<Item = usize>,
    gap: u16,
) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, gap));
    }
    for number in numbers {
        if let Some(column) = table.column_mut(number) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}
