//! An alert row as somebody writes it: for whom, over which windows, from which burn on.

use crate::Window;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// An alert row as somebody writes it: not yet known to suit an objective and a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AlertRow {
    severity: Severity,
    long: Window,
    short: Window,
    trigger: Trigger,
    timing: Timing,
}

impl AlertRow {
    /// Alert with `severity` when `trigger` is exceeded over `long` and still is over `short`, usually a twelfth of it.
    pub const fn new(severity: Severity, long: Window, short: Window, trigger: Trigger) -> Self {
        Self { severity, long, short, trigger, timing: Timing::of(severity) }
    }

    /// Fires only once its condition has held for so long: Prometheus' `for`. Nothing without this call, as the long window is a
    /// delay already, and a condition that has to hold without a break is missed wherever it flickers (SRE Workbook, chapter 5).
    pub const fn after(mut self, wait: Duration) -> Self {
        self.timing.wait = wait;
        self
    }

    /// Goes on firing until its condition has not held for so long. Without this call 15 minutes for a page and an hour for
    /// anything else, so that one outage with pauses is one alert.
    pub const fn keep_firing(mut self, keep: Duration) -> Self {
        self.timing.keep_firing = keep;
        self
    }

    /// When it fires after its condition holds, and when it resolves after that no longer does.
    pub const fn timing(self) -> Timing {
        self.timing
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
        let Self { severity, long, short, trigger, .. } = self;
        write!(f, "{severity} {long}/{short} at {trigger}")
    }
}

/// What an alert makes of its condition over time. Exhaustive on purpose: a delay at either end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timing {
    /// The condition has to hold for so long before the alert fires.
    pub wait: Duration,
    /// The alert resolves once the condition has not held for so long.
    pub keep_firing: Duration,
}

impl Timing {
    /// At once, and until nothing was wrong for 15 minutes where somebody was woken, an hour elsewhere.
    pub const fn of(severity: Severity) -> Self {
        let minutes = match severity {
            Severity::Page => 15,
            Severity::Ticket | Severity::Log => 60,
        };
        Self { wait: Duration::ZERO, keep_firing: Duration::from_secs(minutes * 60) }
    }
}

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
    /// A share of the period's budget, spent within the long window: `2_000` is 2 %. The factor follows from the
    /// period.
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

    pub(crate) fn is_zero(self) -> bool {
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
        write!(f, "{value:?} is not a plain number: expected digits with at most three decimals, such as 14.4")
    }
}

impl Error for TriggerError {}

/// A plain decimal with at most three decimals, in thousandths.
pub(crate) fn thousandths(text: &str) -> Result<u32, TriggerError> {
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
pub(crate) struct Milli(pub(crate) u32);

impl fmt::Display for Milli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:03}", self.0 / 1_000, self.0 % 1_000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(Trigger::factor(text).ok(), milli.map(|milli| Trigger::Factor { milli }), "{text}");
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
    fn a_page_fires_at_once_and_on_for_a_quarter_of_an_hour_and_anything_else_for_an_hour() {
        for (severity, minutes) in [(Severity::Page, 15), (Severity::Ticket, 60), (Severity::Log, 60)] {
            let timing = Timing { wait: Duration::ZERO, keep_firing: Duration::from_secs(minutes * 60) };
            let trigger = Trigger::Factor { milli: 1_000 };
            assert_eq!(Timing::of(severity), timing, "{severity}");
            assert_eq!(AlertRow::new(severity, Window::H1, Window::M5, trigger).timing(), timing, "{severity}");
        }
    }

    #[test]
    fn the_worst_severity_is_the_greatest() {
        assert!(Severity::Page > Severity::Ticket && Severity::Ticket > Severity::Log);
    }
}
