//! What may be asked of a replay.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use goodput_core::{Objective, ObjectiveError, Period, Rate, Share, Window};

use super::outage::EXACT_RATE;
use super::plan::Plan;
use super::report::KeepsFiring;
use crate::form::Form;

/// What alerts make of an outage or of recorded counts: when each fires, is resolved, and what it costs
///
/// All of it runs through the engine that services run, on a clock moved by hand. A described outage begins after a whole
/// period that was seen and free of errors, and is followed by traffic without errors until every alert is resolved:
///
///   goodput replay --objective 99.9 --error-ratio 0.10 --for 4h
///
/// A recording is a CSV file with the columns time,good,bad or time,good,bad,excluded, one line for each interval, named by
/// its beginning; or counters that only go up, in the text format of OpenMetrics, with a timestamp on every line:
///
///   goodput replay counts.csv --objective 99.9
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct Replay {
    /// A recording, CSV or OpenMetrics; `-` is standard input
    #[arg(value_name = "RECORDING", required_unless_present = "error_ratio", conflicts_with_all = ["error_ratio", "lasting", "rate"])]
    pub(super) recording: Option<PathBuf>,

    /// The share of events that has to be good, such as 99.9 or 99.9%
    #[arg(long, value_parser = objective, required_unless_present = "file", conflicts_with = "file")]
    pub(super) objective: Option<Objective>,
    /// What it is judged over: 30d, 4w, month, quarter
    #[arg(long, value_parser = crate::calc::period, default_value_t, conflicts_with = "file")]
    pub(super) period: Period,
    /// An SLO file in place of both, with the alerts that it asks for
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// The SLO of this name, of several in the file or in the recording
    #[arg(long, value_name = "NAME")]
    pub(super) slo: Option<String>,
    /// The least bad events in the long window for an alert to fire, in place of as many as are unlikely to be chance
    #[arg(long, value_name = "EVENTS")]
    pub(super) min_bad: Option<u64>,

    /// An outage: the share of events that is bad while it lasts, such as 0.10 or 10%
    #[arg(long, value_name = "SHARE", value_parser = share, requires = "lasting")]
    pub(super) error_ratio: Option<Share>,
    /// An outage: how long it lasts, such as 4h
    #[arg(long = "for", value_name = "WINDOW", requires = "error_ratio")]
    pub(super) lasting: Option<Window>,
    /// An outage: the traffic before, during and after it
    #[arg(long, default_value = EXACT_RATE)]
    pub(super) rate: Rate,

    /// What is known of the time before: a whole period without errors, or nothing, as in a new process [default: clean for
    /// an outage, none for a recording]
    #[arg(long, value_enum, value_name = "HISTORY")]
    pub(super) history: Option<History>,
    /// A recording: what to make of time of which it has no counts
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub(super) gaps: Gaps,
    /// How finely history is kept
    #[arg(long, value_enum, default_value_t, value_name = "PLAN")]
    pub(super) plan: Plan,
    /// The time between two looks at the alerts [default: 1s for an outage on the dense plan, else 10s]
    #[arg(long, value_name = "WINDOW")]
    pub(super) tick: Option<Window>,
    /// How long an alert goes on once its condition is over: 0s, 15m, or default, which is what services do [default: 0s for
    /// an outage, as in calc detect]
    #[arg(long, value_name = "WINDOW", value_parser = keeps_firing)]
    pub(super) keep_firing: Option<KeepsFiring>,

    /// Draws burn rates, alerts and budget to this file, as SVG
    #[arg(long, value_name = "FILE")]
    pub(super) chart: Option<PathBuf>,
    /// Replaces the chart if the file exists
    #[arg(long, requires = "chart")]
    pub(super) force: bool,
    /// Whom the answer is for
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub(super) output: Form,
}

/// What is known of the time before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum History {
    /// Nothing, as in a new process
    None,
    /// A whole period was seen, and was free of errors
    Clean,
}

impl History {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Clean => "clean",
        }
    }
}

/// What to make of time of which a recording has no counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Gaps {
    /// The recording is not replayed
    #[default]
    Refuse,
    /// Nobody was there to see it: it is neither good nor bad
    Unseen,
}

/// `99.9%`, or `99.9` for those in a hurry: an objective of half and more cannot be meant as a ratio.
fn objective(text: &str) -> Result<Objective, ObjectiveError> {
    match text.parse::<f64>() {
        Ok(number) if number >= 50.0 => format!("{text}%").parse(),
        _ => text.parse(),
    }
}

/// `10%`, or `0.10`.
fn share(text: &str) -> Result<Share, String> {
    let milli = |text: &str| {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let fits = !whole.is_empty() && digits(whole) && digits(decimals) && decimals.len() <= 5;
        let milli: u32 = fits.then(|| format!("{whole}{decimals:0<5}")).and_then(|text| text.parse().ok())?;
        format!("{}.{:03}%", milli / 1_000, milli % 1_000).parse().ok()
    };
    text.parse().ok().or_else(|| milli(text)).ok_or_else(|| {
        format!("share {text:?}: expected a ratio from 0 to 1 with at most five decimals, or a percentage: 0.10 or 10%")
    })
}

fn keeps_firing(text: &str) -> Result<KeepsFiring, String> {
    match text {
        "default" => Ok(KeepsFiring::AsUsual),
        "0" | "0s" => Ok(KeepsFiring::For(Duration::ZERO)),
        _ => match text.parse::<Window>() {
            Ok(window) => Ok(KeepsFiring::For(window.duration())),
            Err(error) => Err(error.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_ratio_or_a_percentage() {
        for (text, percent) in [("0.10", "10%"), ("10%", "10%"), ("1", "100%"), ("0", "0%"), ("0.00001", "0.001%")] {
            assert_eq!(share(text).map(|share| share.to_string()), Ok(percent.to_owned()), "{text}");
        }
        for text in ["10", "1.00001", "0.000001", "-0.1", ".5", "NaN", "", "1e-1"] {
            assert!(share(text).unwrap_err().contains(&format!("share {text:?}: expected")), "{text}");
        }
    }

    #[test]
    fn an_objective_may_lack_its_sign_where_it_cannot_be_a_ratio() {
        for text in ["99.9", "99.9%", "50"] {
            assert!(objective(text).is_ok(), "{text}");
        }
        for text in ["0.999", "100", "inf", "NaN", "9.9"] {
            assert!(objective(text).is_err(), "{text}");
        }
    }
}
