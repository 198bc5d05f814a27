//! What was counted, as lines that a test can spell out.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use goodput::Goodput;
use tokio::time::{sleep, timeout};

use crate::house::PATIENCE;

/// Lines, and how often each was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted(BTreeMap<String, u64>);

impl Counted {
    /// What `goodput` counted, but for what is still in flight.
    ///
    /// `<route> <outcome>`, `<route> error <type>`, `<route> stream` for each whose end was seen, `<route> said <verdict>`,
    /// and `<slo>: <verdict>`.
    pub(crate) fn by(goodput: &Goodput) -> Self {
        let status = goodput.status();
        let mut counted = Self::default();
        for route in &status.routes {
            let name = &route.template;
            for (outcome, count) in &route.outcomes {
                counted.add(format!("{name} {outcome}"), *count);
            }
            for error in &route.errors {
                counted.add(format!("{name} error {}", error.error_type), error.count);
            }
            counted.add(format!("{name} stream"), route.streams.count());
            for said in &route.said {
                counted.add(format!("{name} said {}", said.verdict), said.count);
            }
        }
        for slo in &status.slos {
            counted.add(format!("{}: good", slo.name), slo.counts.good);
            for reason in &slo.reasons {
                counted.add(format!("{}: {}", slo.name, reason.verdict), reason.count);
            }
            let reasons: u64 = slo.reasons.iter().map(|reason| reason.count).sum();
            assert_eq!(slo.counts.bad + slo.counts.excluded, reasons, "{} by reason", slo.name);
        }
        counted
    }

    /// One line each; a line that is there twice was counted twice.
    pub(crate) fn of(lines: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut counted = Self::default();
        for line in lines {
            counted.add(line.into(), 1);
        }
        counted
    }

    fn add(&mut self, line: String, count: u64) {
        if count > 0 {
            *self.0.entry(line).or_default() += count;
        }
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(line, count)| write!(f, "\n  {count} x {line}"))
    }
}

/// Waits until exactly these lines are counted and nothing is in flight: what a client has seen the end of, or has left,
/// may still be ending on the server.
#[track_caller]
pub(crate) fn assert_counts<'a>(
    goodput: &'a Goodput,
    when: &'a str,
    lines: impl IntoIterator<Item = impl Into<String>>,
) -> impl Future<Output = ()> + 'a {
    let expected = Counted::of(lines);
    async move {
        let as_expected = || goodput.status().in_flight == 0 && Counted::by(goodput) == expected;
        if !holds(as_expected).await {
            let (counted, in_flight) = (Counted::by(goodput), goodput.status().in_flight);
            panic!("{when}, expected:{expected}\ncounted, with {in_flight} in flight:{counted}");
        }
    }
}

/// Waits until this is so.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    assert!(holds(condition).await, "it never came to be: {what}");
}

async fn holds(condition: impl Fn() -> bool) -> bool {
    let wait = async {
        while !condition() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, wait).await.is_ok()
}
