//! Which samples each instrument has: one table, the order of which is that of the text.

use goodput_core::names::{self, Name};
use goodput_core::{Counts, ReasonCount, Remaining, Status};

use super::exposition::{Exposition, Family, Value};
use super::series::Series;

/// All that samples are made of.
struct Shown<'a> {
    status: &'a Status,
    series: &'a Series,
}

type Fill = fn(&Shown<'_>, &mut Family<'_>);

/// Every instrument with what fills it.
const FAMILIES: [(&Name, Fill); 10] = [
    (&names::EVENTS, events),
    (&names::EVENT_REASONS, reasons),
    (&names::BURN_RATE, burn_rates),
    (&names::COVERAGE, coverage),
    (&names::BUDGET_REMAINING, budgets),
    (&names::IN_FLIGHT, |shown, family| family.add(&[shown.service()], Value::Count(shown.status.in_flight))),
    (&names::OVERDUE, |shown, family| family.add(&[shown.service()], Value::Count(shown.status.overdue))),
    (&names::TICK_AGE, |shown, family| {
        family.add(&[shown.service()], Value::Real(shown.status.since_last_tick.as_secs_f64()));
    }),
    (&names::RESTARTS, |shown, family| {
        shown.status.restarts_1h.iter().for_each(|times| family.add(&[shown.service()], Value::Count(*times)));
    }),
    (&names::OBJECTIVE, |shown, family| {
        for slo in &shown.status.slos {
            family.add(&[shown.service(), &slo.name], Value::Real(slo.objective.ratio()));
        }
    }),
];

/// The text for this status. Its size is that of the definition, whatever the traffic.
pub(crate) fn render(status: &Status, series: &Series) -> String {
    let mut text = Exposition::default();
    let shown = Shown { status, series };
    for (name, fill) in &FAMILIES {
        fill(&shown, &mut text.family(name));
    }
    text.into_text()
}

impl Shown<'_> {
    fn service(&self) -> &str {
        &self.status.service
    }

    /// The SLOs that have counters: those that a reload removed as well.
    fn counted(&self) -> impl Iterator<Item = (&str, Counts, &[ReasonCount])> {
        let current = self.status.slos.iter().map(|slo| (&*slo.name, slo.counts, &*slo.reasons));
        let removed = self.status.removed.iter().map(|slo| (&*slo.name, slo.counts, &*slo.reasons));
        current.chain(removed)
    }
}

fn events(shown: &Shown<'_>, family: &mut Family<'_>) {
    for (slo, counts, _) in shown.counted() {
        for (verdict, count) in [("good", counts.good), ("bad", counts.bad), ("excluded", counts.excluded)] {
            family.add(&[shown.service(), slo, verdict], Value::Count(count));
        }
    }
}

fn reasons(shown: &Shown<'_>, family: &mut Family<'_>) {
    for (slo, _, counted) in shown.counted() {
        for ((verdict, reason), count) in shown.series.sums(slo, counted) {
            family.add(&[&reason, shown.service(), slo, verdict], Value::Count(count));
        }
    }
}

fn burn_rates(shown: &Shown<'_>, family: &mut Family<'_>) {
    for slo in &shown.status.slos {
        for window in &slo.windows {
            if let Some(burn) = window.burn.value() {
                family.add(&[shown.service(), &slo.name, &window.label()], Value::Real(burn));
            }
        }
    }
}

fn coverage(shown: &Shown<'_>, family: &mut Family<'_>) {
    for slo in &shown.status.slos {
        for window in &slo.windows {
            let share = window.seen.coverage.share();
            family.add(&[shown.service(), &slo.name, &window.label()], Value::Real(share));
        }
    }
}

fn budgets(shown: &Shown<'_>, family: &mut Family<'_>) {
    for slo in &shown.status.slos {
        let (known, share) = match slo.budget.remaining() {
            Remaining::NoData => continue,
            Remaining::AtMost(share) => ("at_most", share),
            Remaining::Is(share) => ("is", share),
        };
        family.add(&[known, shown.service(), &slo.name], Value::Real(share));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instrument_of_the_table_of_names_is_written_once_in_its_order() {
        assert!(FAMILIES.iter().map(|(name, _)| *name).eq(names::ALL));
    }
}
