//! Which burn, over which windows, alerts whom.

use crate::burn::Factor;
use crate::exact::gcd;
use crate::{Objective, Period, Window};
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// The alert rows of one objective over one period, every one of which can fire.
///
/// A row alerts while its burn is exceeded over a long window, which says that it matters, and over a short one, which
/// says that it still goes on (SRE Workbook, chapter 5, table 5-8). [`default_for`](Self::default_for) adapts its rows to
/// the objective and the period and says what it changed; rows somebody wrote are taken as they are or refused.
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
    /// 4. If no page is left, one is added that fires at 80 % errors over 1h/5m: a factor of 0.8 over the error budget, at
    ///    least 1.
    /// 5. A row is dropped if another of at least its severity has a shorter long window and no higher factor: it would
    ///    only repeat, later, what has been said. So over 7 days the 3d row, raised to 1, yields to the 1d row, raised to 1.
    ///
    /// Every objective has at least one page. [`adaptations`](Self::adaptations) tells what was changed and why.
    pub fn default_for(objective: Objective, period: Period) -> Self {
        let mut policy = Self {
            rows: Vec::new(),
            adaptations: Vec::new(),
        };
        for row in DEFAULT_ROWS {
            policy.adopt(row, objective, period);
        }
        if !policy.rows.iter().any(|row| row.severity == Severity::Page) {
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
        Ok(Self {
            rows,
            adaptations: Vec::new(),
        })
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
                self.rows
                    .push(Row::of(alert, spending_all(objective, alert.long), objective, period));
                self.adaptations.push(Adaptation::Raised {
                    row: alert,
                    derived: factor,
                });
            }
            Err(problem) => self.adaptations.push(Adaptation::Dropped { row: alert, problem }),
        }
    }

    fn add_page(&mut self, objective: Objective, period: Period) {
        let threshold = (total(LAST_PAGE.long) / 10 * 8).max(spending_all(objective, LAST_PAGE.long));
        let row = Row::of(LAST_PAGE, threshold, objective, period);
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
    AlertRow::new(
        Severity::Page,
        Window::H1,
        Window::M5,
        Trigger::BudgetPercent { milli: 2_000 },
    ),
    AlertRow::new(
        Severity::Page,
        Window::H6,
        Window::M30,
        Trigger::BudgetPercent { milli: 5_000 },
    ),
    AlertRow::new(
        Severity::Ticket,
        Window::D1,
        Window::H2,
        Trigger::BudgetPercent { milli: 10_000 },
    ),
    AlertRow::new(
        Severity::Ticket,
        Window::D3,
        Window::H6,
        Trigger::BudgetPercent { milli: 10_000 },
    ),
];

/// Who the last page is for and over which windows; its threshold is a share of all events, not of the budget.
const LAST_PAGE: AlertRow = DEFAULT_ROWS[0];

/// Whom an alert is for. Greater is more severe.
///
/// Exhaustive on purpose: these are the three ways to tell somebody (now, in working hours, at the weekly review), and
/// whoever routes alerts has to route each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// For the weekly review.
    Log,
    /// For somebody, within days.
    Ticket,
    /// For the person on call, now.
    Page,
}

/// `page`, `ticket` or `log`.
impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Page => "page",
            Self::Ticket => "ticket",
            Self::Log => "log",
        })
    }
}

/// What it takes for a row to fire, in whole thousandths, so that no row depends on how a decimal rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trigger {
    /// A burn rate: `14_400` is 14.4 times.
    Factor {
        /// Thousandths.
        milli: u32,
    },
    /// A share of the period's budget, spent within the long window: `2_000` is 2 %. The factor follows from the period.
    BudgetPercent {
        /// Thousandths of a percent.
        milli: u32,
    },
}

impl Trigger {
    /// A burn rate from a plain decimal with at most three decimals: `14.4`.
    pub fn factor(text: &str) -> Result<Self, TriggerError> {
        thousandths(text).map(|milli| Self::Factor { milli })
    }

    /// A share of the budget from a plain decimal percentage with at most three decimals and no sign: `2` is 2 %.
    pub fn budget_percent(text: &str) -> Result<Self, TriggerError> {
        thousandths(text).map(|milli| Self::BudgetPercent { milli })
    }

    fn is_zero(self) -> bool {
        matches!(self, Self::Factor { milli: 0 } | Self::BudgetPercent { milli: 0 })
    }
}

/// `14.4x`, or `2 % of the budget`.
impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Factor { milli } => write!(f, "{}x", Milli(milli)),
            Self::BudgetPercent { milli } => write!(f, "{} % of the budget", Milli(milli)),
        }
    }
}

/// Why a text is no [`Trigger`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriggerError {
    value: String,
}

impl fmt::Display for TriggerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value } = self;
        write!(
            f,
            "{value:?} is not a plain number: expected digits with at most three decimals, such as 14.4"
        )
    }
}

impl Error for TriggerError {}

/// An alert row as somebody writes it: not yet known to suit an objective and a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AlertRow {
    severity: Severity,
    long: Window,
    short: Window,
    trigger: Trigger,
}

impl AlertRow {
    /// Alert with `severity` when `trigger` is exceeded over `long` and still is over `short`, usually a twelfth of it.
    pub const fn new(severity: Severity, long: Window, short: Window, trigger: Trigger) -> Self {
        Self {
            severity,
            long,
            short,
            trigger,
        }
    }

    /// Whom it is for.
    pub const fn severity(self) -> Severity {
        self.severity
    }

    /// The window that says it matters.
    pub const fn long(self) -> Window {
        self.long
    }

    /// The window that says it still goes on.
    pub const fn short(self) -> Window {
        self.short
    }

    /// What it takes to fire.
    pub const fn trigger(self) -> Trigger {
        self.trigger
    }
}

/// `page 1h/5m at 14.4x`, `ticket 3d/6h at 10 % of the budget`.
impl fmt::Display for AlertRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            severity,
            long,
            short,
            trigger,
        } = self;
        write!(f, "{severity} {long}/{short} at {trigger}")
    }
}

/// An alert row that suits its objective and period: it can fire, and it means what it says.
///
/// Its threshold is held as *time of total outage*: burning `b` times the budget `e` over a window `W` is `b * e * W`
/// seconds in which every event fails. In that form a partly seen window needs no special case, since with `T` seconds
/// covered the row is exceeded when `bad / valid * T > b * e * W`, and all of it stays a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    severity: Severity,
    long: Window,
    short: Window,
    objective: Objective,
    period: Period,
    threshold: u128, // attoseconds of total outage over `long`; above 0, below `long`, so below 2^85
    long_bound: Bound,
    short_bound: Bound,
}

/// Nanoseconds of total outage that must be exceeded, as a fraction in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bound {
    pub(crate) num: u128,
    pub(crate) den: u128, // never 0
}

const ATTOS_PER_SEC: u128 = 1_000_000_000_000_000_000;
const ATTOS_PER_NANO: u128 = 1_000_000_000;

impl Row {
    /// The row somebody wrote, if it suits the objective and the period.
    pub fn resolve(alert: AlertRow, objective: Objective, period: Period) -> Result<Self, RowProblem> {
        let AlertRow {
            long, short, trigger, ..
        } = alert;
        if trigger.is_zero() {
            return Err(RowProblem::Zero);
        }
        if short >= long {
            return Err(RowProblem::ShortNotShorter);
        }
        if long > period.window() {
            return Err(RowProblem::LongerThanPeriod { period });
        }
        let threshold = threshold(trigger, objective, long, period);
        let row = Self::of(alert, threshold, objective, period);
        if threshold < spending_all(objective, long) {
            return Err(RowProblem::FactorBelowOne { factor: row.factor() });
        }
        if threshold >= total(long) {
            return Err(RowProblem::NeverFires {
                factor: row.factor(),
                objective,
            });
        }
        Ok(row)
    }

    fn of(alert: AlertRow, threshold: u128, objective: Objective, period: Period) -> Self {
        let AlertRow {
            severity, long, short, ..
        } = alert;
        let bound = |num: u128, den: u128| {
            let common = gcd(num, den); // not 0, since `den` is not
            Bound {
                num: num / common,
                den: den / common,
            }
        };
        // Cannot overflow: a threshold is below 2^117 (`threshold`), a reachable one below 2^85, a window below 2^26.
        let (short_secs, long_secs) = (u128::from(short.secs()), u128::from(long.secs()));
        Self {
            severity,
            long,
            short,
            objective,
            period,
            threshold,
            long_bound: bound(threshold, ATTOS_PER_NANO),
            short_bound: bound(threshold.saturating_mul(short_secs), ATTOS_PER_NANO * long_secs),
        }
    }

    /// Whom it is for.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The window that says it matters.
    pub fn long(&self) -> Window {
        self.long
    }

    /// The window that says it still goes on.
    pub fn short(&self) -> Window {
        self.short
    }

    /// The objective it was resolved for.
    pub fn objective(&self) -> Objective {
        self.objective
    }

    /// The period it was resolved for.
    pub fn period(&self) -> Period {
        self.period
    }

    /// The burn rate to exceed, at least 1.
    pub fn factor(&self) -> f64 {
        self.threshold as f64 / spending_all(self.objective, self.long) as f64
    }

    /// The error ratio to exceed in a fully seen window, in `(0, 1)`: factor times error budget.
    pub fn error_ratio(&self) -> f64 {
        self.threshold as f64 / total(self.long) as f64
    }

    /// The share of the period's budget that is spent when it fires at full coverage: factor x long window / period.
    pub fn budget_share(&self) -> f64 {
        self.threshold as f64 / spending_all(self.objective, self.period.window()) as f64
    }

    /// How long a total outage takes to fire it, from a clean history or a fresh start alike: the threshold itself, rounded
    /// up to a nanosecond. At that very moment it is reached, and an instant later exceeded.
    pub fn full_outage(&self) -> Duration {
        let nanos = self.threshold.div_ceil(ATTOS_PER_NANO);
        Duration::from_nanos(nanos.try_into().unwrap_or(u64::MAX)) // saturating: a reachable one is below 400 days
    }

    /// The threshold in whole attoseconds (10^-18 s) of total outage over the long window, exactly.
    pub fn full_outage_attos(&self) -> u128 {
        self.threshold
    }

    pub(crate) fn long_bound(&self) -> Bound {
        self.long_bound
    }

    pub(crate) fn short_bound(&self) -> Bound {
        self.short_bound
    }

    /// Whether the factor is at least `whole`, exactly.
    pub(crate) fn factor_is_at_least(&self, whole: u32) -> bool {
        self.threshold >= spending_all(self.objective, self.long) * u128::from(whole) // below 2^85 * 2^32
    }

    /// Whether this row fires no later and no less loudly than `other` in every lasting outage.
    fn says_it_before(&self, other: &Self) -> bool {
        let shorter = self.long < other.long;
        // Factors compare as thresholds over windows; reachable ones times a window are below 2^111.
        let lower = self.threshold * u128::from(other.long.secs()) <= other.threshold * u128::from(self.long.secs());
        self.severity >= other.severity && shorter && lower
    }
}

/// `page 1h/5m at 14.4x`.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            severity, long, short, ..
        } = self;
        write!(f, "{severity} {long}/{short} at {}x", Factor(self.factor()))
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
        write!(
            f,
            "alert row {} ({}) {}",
            self.index.saturating_add(1),
            self.row,
            self.problem
        )
    }
}

impl Error for RowError {}

/// What is wrong with an alert row; it reads on after the row's name.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum RowProblem {
    /// A factor or share of zero.
    Zero,
    /// The short window is not shorter than the long one; often the two were swapped.
    ShortNotShorter,
    /// The long window is longer than the period.
    LongerThanPeriod {
        /// The period.
        period: Period,
    },
    /// A burn below 1 does not spend the budget before the period is over.
    FactorBelowOne {
        /// The factor, as written or as derived from the share of the budget.
        factor: f64,
    },
    /// The factor times the error budget is all events or more, which no outage exceeds.
    NeverFires {
        /// The factor, as written or as derived from the share of the budget.
        factor: f64,
        /// The objective.
        objective: Objective,
    },
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Zero => f.write_str("has a trigger of zero: expected a factor of at least 1"),
            Self::ShortNotShorter => f.write_str(
                "has a short window that is not shorter than its long one: expected long/short, such as 1h/5m",
            ),
            Self::LongerThanPeriod { period } => {
                write!(
                    f,
                    "looks back longer than the period: expected a long window of at most {period}"
                )
            }
            Self::FactorBelowOne { factor } => write!(
                f,
                "has a factor of {}, which does not spend the budget within the period: expected at least 1",
                Factor(factor)
            ),
            Self::NeverFires { factor, objective } => {
                let budget = crate::burn::budget_share(objective);
                write!(
                    f,
                    "can never fire: {} times the error budget of {objective} is {} % errors, and there are no more than 100 %; \
                     expected a factor below {}",
                    Factor(factor),
                    Factor(factor * budget * 100.0),
                    Factor(1.0 / budget),
                )
            }
        }
    }
}

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
                "raised {row} from {}x to 1x: a lower burn does not spend the budget within the period",
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

/// A trigger as attoseconds of total outage over the long window, whole by construction. Below 2^117, so unchecked:
/// 2^32 thousandths * 2^30 ppb * 2^26 s * 2^20.
fn threshold(trigger: Trigger, objective: Objective, long: Window, period: Period) -> u128 {
    let budget = u128::from(objective.bad_ppb());
    match trigger {
        // 10^-3 * 10^-9 * 1 s = 10^6 as
        Trigger::Factor { milli } => u128::from(milli) * budget * u128::from(long.secs()) * 1_000_000,
        // 10^-5 * 10^-9 * 1 s = 10^4 as
        Trigger::BudgetPercent { milli } => u128::from(milli) * budget * u128::from(period.window().secs()) * 10_000,
    }
}

/// Attoseconds of total outage that a burn of exactly 1 makes of a window: the window's own budget.
fn spending_all(objective: Objective, window: Window) -> u128 {
    u128::from(objective.bad_ppb()) * u128::from(window.secs()) * ATTOS_PER_NANO // below 2^86
}

/// The window itself, in attoseconds: no outage within it is longer.
fn total(window: Window) -> u128 {
    u128::from(window.secs()) * ATTOS_PER_SEC // below 2^86
}

/// A plain decimal with at most three decimals, in thousandths.
fn thousandths(text: &str) -> Result<u32, TriggerError> {
    let read = || {
        let (whole, decimals) = text.split_once('.').map_or((text, "0"), |parts| parts);
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || decimals.len() > 3 {
            return None;
        }
        let fraction: u32 = format!("{decimals:0<3}").parse().ok()?;
        whole.parse::<u32>().ok()?.checked_mul(1_000)?.checked_add(fraction)
    };
    read().ok_or_else(|| TriggerError { value: text.to_owned() })
}

/// Thousandths for people, exactly: `14.4`.
struct Milli(u32);

impl fmt::Display for Milli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:03}", self.0 / 1_000, self.0 % 1_000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

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
        let rows = [
            "page 1h/5m at 14.4x",
            "page 6h/30m at 6x",
            "ticket 1d/2h at 3x",
            "ticket 3d/6h at 1x",
        ];
        check_default("99.9%", 30, &rows, &[]);
        check_default("99.999%", 30, &rows, &[]);
    }

    #[test]
    fn other_periods_keep_the_share_of_the_budget() {
        check_default(
            "99.9%",
            90,
            &[
                "page 1h/5m at 43.2x",
                "page 6h/30m at 18x",
                "ticket 1d/2h at 9x",
                "ticket 3d/6h at 3x",
            ],
            &[],
        );
        check_default(
            "99.9%",
            28,
            &[
                "page 1h/5m at 13.44x",
                "page 6h/30m at 5.6x",
                "ticket 1d/2h at 2.8x",
                "ticket 3d/6h at 1x",
            ],
            &[
                "raised ticket 3d/6h at 10 % of the budget from 0.93x to 1x: a lower burn does not spend the budget within the period",
            ],
        );
        check_default(
            "99.9%",
            7,
            &["page 1h/5m at 3.36x", "page 6h/30m at 1.4x", "ticket 1d/2h at 1x"],
            &[
                "raised ticket 1d/2h at 10 % of the budget from 0.7x to 1x: a lower burn does not spend the budget within the period",
                "raised ticket 3d/6h at 10 % of the budget from 0.23x to 1x: a lower burn does not spend the budget within the period",
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
            &[
                "dropped page 1h/5m at 2 % of the budget: it can never fire: 14.4 times the error budget of 90% is 144 % errors, \
               and there are no more than 100 %; expected a factor below 10",
            ],
        );
        check_default(
            "70%",
            30,
            &["page 1h/5m at 2.67x", "ticket 3d/6h at 1x"],
            &[
                "dropped page 1h/5m at 2 % of the budget: it can never fire: 14.4 times the error budget of 70% is 432 % errors, \
                 and there are no more than 100 %; expected a factor below 3.33",
                "dropped page 6h/30m at 5 % of the budget: it can never fire: 6 times the error budget of 70% is 180 % errors, \
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
            policy
                .adaptations()
                .iter()
                .any(|change| change.to_string().contains("looks back longer than the period"))
        );
    }

    #[test]
    fn a_row_that_cannot_do_what_it_says_is_refused_by_name() {
        let factor = |milli| Trigger::Factor { milli };
        let percent = |milli| Trigger::BudgetPercent { milli };
        for (objective, long, short, trigger, message) in [
            (
                "99.9%",
                Window::H1,
                Window::M5,
                factor(0),
                "alert row 2 (page 1h/5m at 0x) has a trigger of zero: expected a factor of at least 1",
            ),
            (
                "99.9%",
                Window::H1,
                Window::M5,
                percent(0),
                "alert row 2 (page 1h/5m at 0 % of the budget) has a trigger of zero: expected a factor of at least 1",
            ),
            (
                "99.9%",
                Window::M5,
                Window::H1,
                factor(14_400),
                "alert row 2 (page 5m/1h at 14.4x) has a short window that is not shorter than its long one: expected long/short, such as 1h/5m",
            ),
            (
                "99.9%",
                Window::H1,
                Window::H1,
                factor(14_400),
                "alert row 2 (page 1h/1h at 14.4x) has a short window that is not shorter than its long one: expected long/short, such as 1h/5m",
            ),
            (
                "99.9%",
                Window::from_secs(31 * 86_400).unwrap(),
                Window::H1,
                factor(1_000),
                "alert row 2 (page 31d/1h at 1x) looks back longer than the period: expected a long window of at most 30d",
            ),
            (
                "99.9%",
                Window::H1,
                Window::M5,
                factor(999),
                "alert row 2 (page 1h/5m at 0.999x) has a factor of 1, which does not spend the budget within the period: expected at least 1",
            ),
            (
                "99.9%",
                Window::D3,
                Window::H6,
                percent(9_999),
                "alert row 2 (page 3d/6h at 9.999 % of the budget) has a factor of 1, which does not spend the budget within the period: expected at least 1",
            ),
            (
                "90%",
                Window::H1,
                Window::M5,
                percent(2_000),
                "alert row 2 (page 1h/5m at 2 % of the budget) can never fire: 14.4 times the error budget of 90% is 144 % errors, and there are no more than 100 %; expected a factor below 10",
            ),
            (
                "90%",
                Window::H1,
                Window::M5,
                factor(10_000),
                "alert row 2 (page 1h/5m at 10x) can never fire: 10 times the error budget of 90% is 100 % errors, and there are no more than 100 %; expected a factor below 10",
            ),
            (
                "99.9%",
                Window::H1,
                Window::M5,
                factor(u32::MAX),
                "alert row 2 (page 1h/5m at 4294967.295x) can never fire: 4294967.3 times the error budget of 99.9% is 429496.73 % errors, and there are no more than 100 %; expected a factor below 1000",
            ),
        ] {
            let good = AlertRow::new(Severity::Ticket, Window::D3, Window::H6, factor(1_000));
            let rows = [good, AlertRow::new(Severity::Page, long, short, trigger)];
            let error = Policy::from_rows(objective.parse().unwrap(), Period::D30, &rows).expect_err(message);
            assert_eq!(error.to_string(), message);
            assert_eq!((error.index(), error.row()), (1, rows[1]));
        }
    }

    #[test]
    fn a_factor_at_the_very_edge_of_reach_is_accepted() {
        let objective = "90%".parse().unwrap();
        for (milli, ok) in [(1_000, true), (9_999, true), (10_000, false), (999, false)] {
            let row = AlertRow::new(Severity::Page, Window::H1, Window::M5, Trigger::Factor { milli });
            assert_eq!(Policy::from_rows(objective, Period::D30, &[row]).is_ok(), ok, "{milli}");
        }
        assert_eq!(
            Policy::from_rows(objective, Period::D30, &[]).map(|policy| policy.rows().len()),
            Ok(0)
        );
    }

    #[test]
    fn triggers_are_read_to_the_thousandth() {
        for (text, milli) in [
            ("14.4", Some(14_400)),
            ("1", Some(1_000)),
            ("0.001", Some(1)),
            ("4294967.295", Some(u32::MAX)),
            ("4294967.296", None),
            ("14.4444", None),
            ("14.", None),
            (".5", None),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("NaN", None),
            ("14.4x", None),
        ] {
            assert_eq!(
                Trigger::factor(text).ok(),
                milli.map(|milli| Trigger::Factor { milli }),
                "{text}"
            );
            assert_eq!(
                Trigger::budget_percent(text).ok(),
                milli.map(|milli| Trigger::BudgetPercent { milli }),
                "{text}"
            );
        }
        let message = Trigger::factor("14,4").unwrap_err().to_string();
        assert_eq!(
            message,
            r#""14,4" is not a plain number: expected digits with at most three decimals, such as 14.4"#
        );
    }

    #[test]
    fn the_worst_severity_is_the_greatest() {
        assert!(Severity::Page > Severity::Ticket && Severity::Ticket > Severity::Log);
    }
}
