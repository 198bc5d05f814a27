//! A table of checks, and what did not pass named again below it.

use anstyle::{AnsiColor, Style};

use super::check::{Check, Verdict};

const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

pub(crate) fn show(checks: &[Check]) {
    anstream::println!("{}", rows(checks));
    for note in notes(checks) {
        anstream::println!("{note}");
    }
}

const HEADS: [&str; 4] = ["check", "measured", "bound", "verdict"];

fn rows(checks: &[Check]) -> String {
    let cells = |check: &Check| {
        let verdict = match &check.verdict {
            Verdict::Passed => "ok".to_owned(),
            Verdict::Slipped => "SLIPPED".to_owned(),
            Verdict::Skipped(_) => "SKIPPED".to_owned(),
            Verdict::Reported => String::new(),
        };
        [check.what.clone(), check.measured.clone(), check.bound.clone(), verdict]
    };
    let rows: Vec<_> = checks.iter().map(|check| (cells(check), style(check))).collect();
    let head = (HEADS.map(str::to_owned), Style::new().bold());
    let all = || [&head].into_iter().chain(&rows);
    let mut widths = [0; 4];
    for (row, _) in all() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    let lines = all().map(|(row, style)| {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{style}{}{style:#}\n", cells.join("  ").trim_end())
    });
    lines.collect()
}

fn style(check: &Check) -> Style {
    match check.verdict {
        Verdict::Passed => Style::new(),
        Verdict::Slipped => BAD,
        Verdict::Skipped(_) | Verdict::Reported => DIM,
    }
}

/// What a reader who sees only the end of a log has to know.
fn notes(checks: &[Check]) -> Vec<String> {
    let word = |check: &Check| if check.slipped() { "SLIPPED" } else { "SKIPPED" };
    checks.iter().filter_map(|check| Some(format!("{} {}", word(check), check.note()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slipped_is_in_the_table_and_named_again_with_its_bound() {
        let checks = [
            Check::new("instructions, default", "1147.0".to_owned(), "<= 430.0".to_owned(), false),
            Check::new("allocations", "0".to_owned(), "0".to_owned(), true),
            Check::skipped("overhead at 2 threads", "one core"),
            Check::reported("ns, bare", "37.7".to_owned()),
        ];
        let table = anstream::adapter::strip_str(&rows(&checks)).to_string();
        assert_eq!(
            table.lines().collect::<Vec<_>>(),
            [
                "check                  measured  bound     verdict",
                "instructions, default  1147.0    <= 430.0  SLIPPED",
                "allocations            0         0         ok",
                "overhead at 2 threads                      SKIPPED",
                "ns, bare               37.7",
            ]
        );
        assert_eq!(
            notes(&checks),
            [
                "SLIPPED instructions, default: 1147.0, and the bound is <= 430.0",
                "SKIPPED overhead at 2 threads: one core"
            ]
        );
    }
}
