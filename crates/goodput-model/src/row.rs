//! An alert row that suits its objective and period, as a threshold in whole numbers.

use crate::burn::{Factor, budget_share};
use crate::exact::gcd;
use crate::{AlertRow, Objective, Period, Severity, Timing, Trigger, Window};
use std::fmt;
use std::time::Duration;

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
    timing: Timing,
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
        let (long, short, trigger) = (alert.long(), alert.short(), alert.trigger());
        if trigger.is_zero() {
            return Err(RowProblem::Zero);
        }
        if short >= long {
            return Err(RowProblem::ShortNotShorter);
        }
        if long > period.window() {
            return Err(RowProblem::LongerThanPeriod { period });
        }
        let Timing { wait, keep_firing } = alert.timing();
        if wait > long.duration() {
            return Err(RowProblem::WaitsTooLong { wait, long });
        }
        if keep_firing > period.window().duration() {
            return Err(RowProblem::FiresTooLong { keep_firing, period });
        }
        let threshold = threshold(trigger, objective, long, period);
        let row = Self::of(alert, threshold, objective, period);
        if threshold < spending_all(objective, long) {
            return Err(RowProblem::FactorBelowOne { factor: row.factor() });
        }
        if threshold >= total(long) {
            return Err(RowProblem::NeverFires { factor: row.factor(), objective });
        }
        Ok(row)
    }

    /// The row that asks for so many [attoseconds of total outage](Self::full_outage_attos) over its long window: how a row that
    /// was written down is read again to the unit, with the usual [timing](Timing) of its severity.
    pub fn with_full_outage(
        severity: Severity,
        long: Window,
        short: Window,
        attos: u128,
        objective: Objective,
        period: Period,
    ) -> Result<Self, RowProblem> {
        let alert = AlertRow::new(severity, long, short, Trigger::Factor { milli: 0 }); // its trigger is what `attos` says
        if short >= long {
            return Err(RowProblem::ShortNotShorter);
        }
        let factor = || attos as f64 / spending_all(objective, long) as f64;
        match attos {
            0 => Err(RowProblem::Zero),
            _ if attos < spending_all(objective, long) => Err(RowProblem::FactorBelowOne { factor: factor() }),
            _ if attos >= total(long) => Err(RowProblem::NeverFires { factor: factor(), objective }),
            _ => Ok(Self::of(alert, attos, objective, period)),
        }
    }

    /// The row of these windows that asks for a burn of exactly 1. Any objective can be burnt so.
    pub(crate) fn burning_once(alert: AlertRow, objective: Objective, period: Period) -> Self {
        Self::of(alert, spending_all(objective, alert.long()), objective, period)
    }

    /// The row of these windows that asks for 80 % errors, or for a burn of 1 where that is more.
    pub(crate) fn at_80_percent_errors(alert: AlertRow, objective: Objective, period: Period) -> Self {
        let threshold = (total(alert.long()) / 10 * 8).max(spending_all(objective, alert.long()));
        Self::of(alert, threshold, objective, period)
    }

    fn of(alert: AlertRow, threshold: u128, objective: Objective, period: Period) -> Self {
        let (severity, long, short) = (alert.severity(), alert.long(), alert.short());
        let bound = |num: u128, den: u128| {
            let common = gcd(num, den); // not 0, since `den` is not
            Bound { num: num / common, den: den / common }
        };
        // Cannot overflow: a threshold is below 2^108 (`threshold`), a reachable one below 2^85, a window below 2^26.
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
            timing: alert.timing(),
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

    pub(crate) const fn keep_firing(mut self, keep: Duration) -> Self {
        self.timing.keep_firing = keep;
        self
    }

    /// When it fires after its condition holds, and when it resolves after that no longer does.
    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// Whether the other asks for the same burn over the same windows, for the same people: whatever they make of it over time.
    pub fn asks_as(&self, other: &Self) -> bool {
        Self { timing: other.timing, ..*self } == *other
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

    /// How long a total outage takes to fire it, from a clean history or a fresh start alike: the threshold itself,
    /// rounded up to a nanosecond. At that very moment it is reached, and an instant later exceeded.
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
    pub(crate) fn says_it_before(&self, other: &Self) -> bool {
        let shorter = self.long < other.long;
        // Factors compare as thresholds over windows; reachable ones times a window are below 2^111.
        let lower = self.threshold * u128::from(other.long.secs()) <= other.threshold * u128::from(self.long.secs());
        self.severity >= other.severity && shorter && lower
    }
}

/// `page 1h/5m at 14.4x`.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, long, short, .. } = self;
        write!(f, "{severity} {long}/{short} at {}x", Factor(self.factor()))
    }
}

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
    /// It would fire only after the long window has passed: whatever it is about is over then, or was told by another row.
    WaitsTooLong {
        /// For how long its condition has to hold.
        wait: Duration,
        /// The long window.
        long: Window,
    },
    /// It would go on firing for longer than the period.
    FiresTooLong {
        /// For how long its condition has not to hold.
        keep_firing: Duration,
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
                write!(f, "looks back longer than the period: expected a long window of at most {period}")
            }
            Self::WaitsTooLong { wait, long } => {
                write!(f, "waits for {wait:?} before it fires: expected at most its long window, {long}")
            }
            Self::FiresTooLong { keep_firing, period } => {
                write!(f, "goes on firing for {keep_firing:?}: expected at most the period, {period}")
            }
            Self::FactorBelowOne { factor } => {
                // Six decimals, so that a factor just below 1 does not print as 1.
                let factor = format!("{factor:.6}");
                let factor = factor.trim_end_matches('0');
                write!(
                    f,
                    "has a factor of {factor}, which does not spend the budget within the period: expected at least 1"
                )
            }
            Self::NeverFires { factor, objective } => {
                let budget = budget_share(objective);
                write!(
                    f,
                    "can never fire: {} times the error budget of {objective} is {} % errors, \
                     and there are no more than 100 %; \
                     expected a factor below {}",
                    Factor(factor),
                    Factor(factor * budget * 100.0),
                    Factor(1.0 / budget),
                )
            }
        }
    }
}

/// A trigger as attoseconds of total outage over the long window, whole by construction. Below 2^108, so unchecked:
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

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(objective: &str, alert: AlertRow) -> Result<Row, RowProblem> {
        Row::resolve(alert, objective.parse().unwrap(), Period::D30)
    }

    fn page(long: Window, short: Window, trigger: Trigger) -> AlertRow {
        AlertRow::new(Severity::Page, long, short, trigger)
    }

    fn window(text: &str) -> Window {
        text.parse().unwrap()
    }

    #[test]
    fn a_row_that_cannot_do_what_it_says_is_refused_with_what_was_expected() {
        let factor = |milli| Trigger::Factor { milli };
        let percent = |milli| Trigger::BudgetPercent { milli };
        let zero = "has a trigger of zero: expected a factor of at least 1";
        let swapped = "has a short window that is not shorter than its long one: expected long/short, such as 1h/5m";
        let too_long = "looks back longer than the period: expected a long window of at most 30d";
        let too_low = |factor: &str| {
            format!("has a factor of {factor}, which does not spend the budget within the period: expected at least 1")
        };
        let never = |factor: &str, objective: &str, percent: &str, below: u32| {
            format!(
                "can never fire: {factor} times the error budget of {objective} is {percent} % errors, \
                 and there are no more than 100 %; expected a factor below {below}"
            )
        };
        for (objective, windows, trigger, message) in [
            ("99.9%", ("1h", "5m"), factor(0), zero.to_owned()),
            ("99.9%", ("1h", "5m"), percent(0), zero.to_owned()),
            ("99.9%", ("5m", "1h"), factor(14_400), swapped.to_owned()),
            ("99.9%", ("1h", "1h"), factor(14_400), swapped.to_owned()),
            ("99.9%", ("31d", "1h"), factor(1_000), too_long.to_owned()),
            ("99.9%", ("1h", "5m"), factor(999), too_low("0.999")),
            ("99.9%", ("3d", "6h"), percent(9_999), too_low("0.9999")),
            ("90%", ("1h", "5m"), percent(2_000), never("14.4", "90%", "144", 10)),
            ("90%", ("1h", "5m"), factor(10_000), never("10", "90%", "100", 10)),
            ("99.9%", ("1h", "5m"), factor(u32::MAX), never("4294967.29", "99.9%", "429496.73", 1_000)),
        ] {
            let alert = page(window(windows.0), window(windows.1), trigger);
            let problem = resolve(objective, alert).expect_err(&message);
            assert_eq!(problem.to_string(), message, "{alert}");
        }
    }

    #[test]
    fn a_row_waits_at_most_as_long_as_it_looks_back_and_fires_on_for_at_most_the_period() {
        let day = Duration::from_secs(86_400);
        let alert = page(window("1h"), window("5m"), Trigger::Factor { milli: 1_000 });
        for (alert, message) in [
            (alert.after(day / 24), ""),
            (alert.after(day / 2), "waits for 43200s before it fires: expected at most its long window, 1h"),
            (alert.keep_firing(day * 30), ""),
            (alert.keep_firing(day * 31), "goes on firing for 2678400s: expected at most the period, 30d"),
        ] {
            let problem = resolve("99.9%", alert).err().map(|problem| problem.to_string()).unwrap_or_default();
            assert_eq!(problem, message);
        }
    }

    #[test]
    fn a_row_at_the_very_edge_is_accepted() {
        for (long, short, milli, ok) in [
            ("1h", "5m", 999, false),
            ("1h", "5m", 1_000, true),
            ("1h", "5m", 9_999, true),
            ("1h", "5m", 10_000, false),
            ("30d", "1h", 1_000, true),
            ("1h", "3599s", 1_000, true),
        ] {
            let alert = page(window(long), window(short), Trigger::Factor { milli });
            assert_eq!(resolve("90%", alert).is_ok(), ok, "{alert}");
        }
    }

    #[test]
    fn a_threshold_is_whole_attoseconds_and_rounds_up_to_nanoseconds() {
        // 1.001 times one part per billion of 61 seconds.
        let row = resolve("99.9999999%", page(window("61s"), window("7s"), Trigger::Factor { milli: 1_001 })).unwrap();
        assert_eq!(row.full_outage_attos(), 61_061_000_000);
        assert_eq!(row.full_outage(), Duration::from_nanos(62));
        assert_eq!(row.long_bound(), Bound { num: 61_061, den: 1_000 });
        assert_eq!(row.short_bound(), Bound { num: 7_007, den: 1_000 });
    }

    #[test]
    fn a_row_that_was_written_down_is_read_again_to_the_unit() {
        let read = |row: &Row, attos| {
            Row::with_full_outage(row.severity(), row.long(), row.short(), attos, row.objective(), row.period())
        };
        for objective in ["50%", "70%", "99.9%", "99.9999999%"] {
            let objective: Objective = objective.parse().unwrap();
            for row in crate::Policy::default_for(objective, Period::D7).rows() {
                assert_eq!(read(row, row.full_outage_attos()), Ok(*row), "{row} at {objective}");
            }
        }
        let row = resolve("90%", page(Window::H1, Window::M5, Trigger::Factor { milli: 1_000 })).unwrap();
        assert_eq!(read(&row, 0), Err(RowProblem::Zero));
        assert!(matches!(read(&row, row.full_outage_attos() - 1), Err(RowProblem::FactorBelowOne { .. })));
        assert_eq!(read(&row, row.full_outage_attos() / 4), Err(RowProblem::FactorBelowOne { factor: 0.25 }));
        let never = RowProblem::NeverFires { factor: 10.0, objective: row.objective() };
        assert_eq!(read(&row, row.full_outage_attos() * 10), Err(never));
    }

    #[test]
    fn a_row_asks_as_another_whatever_both_make_of_it_over_time() {
        let alert = |milli| page(Window::H1, Window::M5, Trigger::Factor { milli });
        let row = resolve("99.9%", alert(3_000)).unwrap();
        let hour = Duration::from_secs(3_600);
        for (other, objective, asks_as) in [
            (alert(3_000), "99.9%", true),
            (alert(3_000).after(hour), "99.9%", true),
            (alert(3_000).keep_firing(hour * 24), "99.9%", true),
            (alert(3_001), "99.9%", false),
            (alert(3_000), "99%", false),
            (page(Window::H1, Window::M30, Trigger::Factor { milli: 3_000 }), "99.9%", false),
            (page(Window::H6, Window::M5, Trigger::Factor { milli: 3_000 }), "99.9%", false),
            (AlertRow::new(Severity::Ticket, Window::H1, Window::M5, Trigger::Factor { milli: 3_000 }), "99.9%", false),
        ] {
            assert_eq!(row.asks_as(&resolve(objective, other).unwrap()), asks_as, "{other} at {objective}");
        }
    }

    #[test]
    fn a_row_repeats_one_that_is_as_loud_with_a_shorter_window_and_no_higher_factor() {
        let row = |severity, long, milli| {
            let alert = AlertRow::new(severity, long, Window::M5, Trigger::Factor { milli });
            resolve("99.9%", alert).unwrap()
        };
        let page = row(Severity::Page, Window::H1, 3_000);
        let ticket = row(Severity::Ticket, Window::H1, 3_000);
        for (first, second, before) in [
            (page, row(Severity::Page, Window::H6, 3_000), true),
            (page, row(Severity::Ticket, Window::H6, 3_001), true),
            (page, row(Severity::Page, Window::H6, 2_999), false),
            (ticket, row(Severity::Page, Window::H6, 3_000), false),
            (row(Severity::Page, Window::H6, 3_000), page, false),
            (page, page, false),
        ] {
            assert_eq!(first.says_it_before(&second), before, "{first}, {second}");
        }
    }
}
