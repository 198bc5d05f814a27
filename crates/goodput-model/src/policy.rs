//! Which burn, over which windows, alerts whom.

use crate::burn::Factor;
use crate::{AlertRow, Objective, Period, Row, RowProblem, Severity, Trigger, Window};
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// The alert rows of one objective over one period, every one of which can fire.
///
/// A row alerts while its burn is exceeded over a long window, which says that it matters, and over a short one, which
/// says that it still goes on (SRE Workbook, chapter 5, table 5-8). [`default_for`](Self::default_for) adapts its rows
/// to the objective and the period and says what it changed; rows somebody wrote are taken as they are or refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    rows: Vec<Row>,
    adaptations: Vec<Adaptation>,
}

impl Policy {
    /// The default rows, adapted so that each can fire and none repeats another.
    ///
    /// | severity | long / short | spends | factor over 30 d | 7 d | 28 d | 90 d |
    /// |---|---|---|---|---|---|---|
    /// | page | 1h / 5m | 2 % | 14.4 | 3.36 | 13.44 | 43.2 |
    /// | page | 6h / 30m | 5 % | 6 | 1.4 | 5.6 | 18 |
    /// | ticket | 1d / 2h | 10 % | 3 | 1 (0.7) | 2.8 | 9 |
    /// | ticket | 3d / 6h | 10 % | 1 | dropped (0.233) | 1 (0.933) | 3 |
    ///
    /// What is kept is the share of the budget; the factor follows from the period. Then, in this order:
    ///
    /// 1. A row whose long window is longer than the period is dropped.
    /// 2. A factor below 1 is raised to 1: a lower burn does not spend the budget before the period is over.
    /// 3. A row that no outage can exceed, since its factor times the error budget is all events or more, is dropped.
    /// 4. If no page is left, one is added that fires at 80 % errors over 1h/5m: a factor of 0.8 over the error budget,
    ///    at least 1.
    /// 5. A row is dropped if another of at least its severity has a shorter long window and no higher factor: it would
    ///    only repeat, later, what has been said. So over 7 days the 3d row, raised to 1, yields to the 1d row, raised
    ///    to 1.
    ///
    /// Every objective has at least one page. [`adaptations`](Self::adaptations) tells what was changed and why.
    pub fn default_for(objective: Objective, period: Period) -> Self {
        let mut policy = Self { rows: Vec::new(), adaptations: Vec::new() };
        for row in DEFAULT_ROWS {
            policy.adopt(row, objective, period);
        }
        if !policy.rows.iter().any(|row| row.severity() == Severity::Page) {
            policy.add_page(objective, period);
        }
        policy.drop_repetitions();
        policy
    }

    /// The rows somebody wrote, as they are. An empty list is a policy that never alerts.
    pub fn from_rows(objective: Objective, period: Period, rows: &[AlertRow]) -> Result<Self, RowError> {
        let resolve = |(index, &row): (usize, &AlertRow)| {
            Row::resolve(row, objective, period).map_err(|problem| RowError { index, row, problem })
        };
        let rows = rows.iter().enumerate().map(resolve).collect::<Result<_, _>>()?;
        Ok(Self { rows, adaptations: Vec::new() })
    }

    /// The same rows, each of which goes on firing until its condition has not held for so long.
    pub fn keep_firing(mut self, keep: Duration) -> Self {
        self.rows = self.rows.into_iter().map(|row| row.keep_firing(keep)).collect();
        self
    }

    /// The rows, in the order they were given.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What was changed about the default rows, and why; empty for rows somebody wrote.
    pub fn adaptations(&self) -> &[Adaptation] {
        &self.adaptations
    }

    fn adopt(&mut self, alert: AlertRow, objective: Objective, period: Period) {
        match Row::resolve(alert, objective, period) {
            Ok(row) => self.rows.push(row),
            Err(RowProblem::FactorBelowOne { factor }) => {
                self.rows.push(Row::burning_once(alert, objective, period));
                self.adaptations.push(Adaptation::Raised { row: alert, derived: factor });
            }
            Err(problem) => self.adaptations.push(Adaptation::Dropped { row: alert, problem }),
        }
    }

    fn add_page(&mut self, objective: Objective, period: Period) {
        let row = Row::at_80_percent_errors(LAST_PAGE, objective, period);
        self.adaptations.push(Adaptation::PageAdded { row });
        self.rows.insert(0, row);
    }

    fn drop_repetitions(&mut self) {
        let all = self.rows.clone();
        let adaptations = &mut self.adaptations;
        self.rows.retain(|row| {
            let Some(by) = all.iter().find(|other| other.says_it_before(row)) else {
                return true;
            };
            adaptations.push(Adaptation::Repeats { row: *row, by: *by });
            false
        });
    }
}

const DEFAULT_ROWS: [AlertRow; 4] = [
    spending(2, Window::H1, Window::M5, Severity::Page),
    spending(5, Window::H6, Window::M30, Severity::Page),
    spending(10, Window::D1, Window::H2, Severity::Ticket),
    spending(10, Window::D3, Window::H6, Severity::Ticket),
];

const fn spending(percent: u32, long: Window, short: Window, severity: Severity) -> AlertRow {
    AlertRow::new(severity, long, short, Trigger::BudgetPercent { milli: percent * 1_000 })
}

/// Who the last page is for and over which windows; its threshold is a share of all events, not of the budget.
const LAST_PAGE: AlertRow = DEFAULT_ROWS[0];

/// What was changed about the default rows, in words.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Adaptation {
    /// A factor below 1 became 1.
    Raised {
        /// The default row.
        row: AlertRow,
        /// The factor it would have had.
        derived: f64,
    },
    /// A row that does not suit the objective or the period was left out.
    Dropped {
        /// The default row.
        row: AlertRow,
        /// Why.
        problem: RowProblem,
    },
    /// A row that would only repeat another, later, was left out.
    Repeats {
        /// The row left out.
        row: Row,
        /// The row that fires no later.
        by: Row,
    },
    /// No page was left, so one was added that total outages do reach.
    PageAdded {
        /// The row added.
        row: Row,
    },
}

impl fmt::Display for Adaptation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raised { row, derived } => write!(
                f,
                "raised {row} from {}x to 1x: \
                 a lower burn does not spend the budget within the period",
                Factor(*derived)
            ),
            Self::Dropped { row, problem } => write!(f, "dropped {row}: it {problem}"),
            Self::Repeats { row, by } => write!(f, "dropped {row}: {by} asks for no more and fires no later"),
            Self::PageAdded { row } => {
                write!(
                    f,
                    "added {row}, which is {} % errors: no default page can fire",
                    Factor(row.error_ratio() * 100.0)
                )
            }
        }
    }
}

/// Why a row somebody wrote was refused: which one, and what about it.
#[derive(Clone, Debug, PartialEq)]
pub struct RowError {
    index: usize,
    row: AlertRow,
    problem: RowProblem,
}

impl RowError {
    /// Its place in the list, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The row.
    pub fn row(&self) -> AlertRow {
        self.row
    }

    /// What is wrong with it.
    pub fn problem(&self) -> RowProblem {
        self.problem
    }
}

/// `alert row 2 (page 1h/5m at 14.4x) can never fire: ...`, counted from 1 as people do.
impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "alert row {} ({}) {}", self.index.saturating_add(1), self.row, self.problem)
    }
}

impl Error for RowError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn default_for(objective: &str, days: u32) -> Policy {
        Policy::default_for(objective.parse().unwrap(), Period::days(days).unwrap())
    }

    fn check_default(objective: &str, days: u32, rows: &[&str], adaptations: &[&str]) {
        let policy = default_for(objective, days);
        let printed: Vec<String> = policy.rows().iter().map(ToString::to_string).collect();
        assert_eq!(printed, rows, "{objective} over {days} d");
        let printed: Vec<String> = policy.adaptations().iter().map(ToString::to_string).collect();
        assert_eq!(printed, adaptations, "{objective} over {days} d");
    }

    #[test]
    fn thirty_days_of_three_nines_are_the_workbooks_rows() {
        let rows = ["page 1h/5m at 14.4x", "page 6h/30m at 6x", "ticket 1d/2h at 3x", "ticket 3d/6h at 1x"];
        check_default("99.9%", 30, &rows, &[]);
        check_default("99.999%", 30, &rows, &[]);
    }

    #[test]
    fn other_periods_keep_the_share_of_the_budget() {
        check_default(
            "99.9%",
            90,
            &["page 1h/5m at 43.2x", "page 6h/30m at 18x", "ticket 1d/2h at 9x", "ticket 3d/6h at 3x"],
            &[],
        );
        check_default(
            "99.9%",
            28,
            &["page 1h/5m at 13.44x", "page 6h/30m at 5.6x", "ticket 1d/2h at 2.8x", "ticket 3d/6h at 1x"],
            &["raised ticket 3d/6h at 10 % of the budget from 0.93x to 1x: \
                 a lower burn does not spend the budget within the period"],
        );
        check_default(
            "99.9%",
            7,
            &["page 1h/5m at 3.36x", "page 6h/30m at 1.4x", "ticket 1d/2h at 1x"],
            &[
                "raised ticket 1d/2h at 10 % of the budget from 0.7x to 1x: \
                 a lower burn does not spend the budget within the period",
                "raised ticket 3d/6h at 10 % of the budget from 0.23x to 1x: \
                 a lower burn does not spend the budget within the period",
                "dropped ticket 3d/6h at 1x: ticket 1d/2h at 1x asks for no more and fires no later",
            ],
        );
    }

    #[test]
    fn low_objectives_lose_the_rows_no_outage_exceeds_and_keep_a_page() {
        check_default(
            "90%",
            30,
            &["page 6h/30m at 6x", "ticket 1d/2h at 3x", "ticket 3d/6h at 1x"],
            &["dropped page 1h/5m at 2 % of the budget: it can never fire: \
                 14.4 times the error budget of 90% is 144 % errors, \
               and there are no more than 100 %; expected a factor below 10"],
        );
        check_default(
            "70%",
            30,
            &["page 1h/5m at 2.67x", "ticket 3d/6h at 1x"],
            &[
                "dropped page 1h/5m at 2 % of the budget: it can never fire: \
                 14.4 times the error budget of 70% is 432 % errors, \
                 and there are no more than 100 %; expected a factor below 3.33",
                "dropped page 6h/30m at 5 % of the budget: it can never fire: \
                 6 times the error budget of 70% is 180 % errors, \
                 and there are no more than 100 %; expected a factor below 3.33",
                "added page 1h/5m at 2.67x, which is 80 % errors: no default page can fire",
                "dropped ticket 1d/2h at 3x: page 1h/5m at 2.67x asks for no more and fires no later",
            ],
        );
    }

    #[test]
    fn a_short_period_loses_the_windows_that_outlast_it() {
        let policy = default_for("99.9%", 1);
        let rows: Vec<String> = policy.rows().iter().map(ToString::to_string).collect();
        assert_eq!(rows, ["page 1h/5m at 1x"]);
        assert!(
            policy.adaptations().iter().any(|change| change.to_string().contains("looks back longer than the period"))
        );
    }

    #[test]
    fn rows_somebody_wrote_are_taken_as_they_are_or_refused_by_place_and_name() {
        let objective: Objective = "99.9%".parse().unwrap();
        let factor = |milli| Trigger::Factor { milli };
        let good = AlertRow::new(Severity::Ticket, Window::D3, Window::H6, factor(1_000));
        let bad = AlertRow::new(Severity::Page, Window::H1, Window::M5, factor(0));

        let policy = Policy::from_rows(objective, Period::D30, &[good, good]).unwrap();
        assert_eq!((policy.rows().len(), policy.adaptations().len()), (2, 0));
        assert_eq!(Policy::from_rows(objective, Period::D30, &[]).map(|policy| policy.rows().len()), Ok(0));

        let error = Policy::from_rows(objective, Period::D30, &[good, bad]).unwrap_err();
        assert_eq!((error.index(), error.row(), error.problem()), (1, bad, RowProblem::Zero));
        assert_eq!(
            error.to_string(),
            "alert row 2 (page 1h/5m at 0x) has a trigger of zero: expected a factor of at least 1"
        );
    }
}
