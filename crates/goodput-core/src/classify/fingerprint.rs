//! What makes an SLO the same one over time: its name, and everything that makes an event good.
//!
//! Counts of equal fingerprints belong together, whatever else was said about the SLO meanwhile. Its objective, period, alert rows,
//! routes and request classes are no part of it: they say how much has to be good, who is told, and where to look.
//!
//! A cancel limit that an SLO leaves to its routes is part of it as far as the definition states it: the server's deadline. Where
//! there is none, the limit follows the thresholds of whatever SLOs share a route, and adding one of those does not make its
//! neighbours begin anew.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use goodput_model::{Budgeting, CancelPolicy, Definition, Indicator, JudgedAt, Slo, StatusMeaning};

use super::rules::own_cancel;
use crate::looks_at::{LooksAt, looks_at};

mod key;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fingerprint {
    name: Arc<str>,
    indicator: Indicator,
    judged_at: JudgedAt,
    follows_streams: bool,
    cancel: Cancel,
    /// What they mean after all rules: the last one for a status wins.
    statuses: BTreeMap<u16, StatusMeaning>,
    grpc_codes: BTreeMap<u8, StatusMeaning>,
    dependency: Option<Box<str>>,
    budgeting: Budgeting,
    /// The levels or the data that are judged together.
    values: Box<[String]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cancel {
    Own(CancelPolicy),
    /// Bad if older than the limit of its route; the deadline if one is declared.
    LimitOfRoute(Option<Duration>),
}

impl Fingerprint {
    pub(crate) fn new(slo: &Slo, definition: &Definition) -> Self {
        let looks_at = looks_at(definition, slo);
        let of_requests = matches!(looks_at, LooksAt::Everything | LooksAt::Routes(_));
        let deadline = definition.server_deadline.filter(|_| of_requests);
        Self {
            name: slo.name().into(),
            indicator: slo.indicator(),
            judged_at: slo.decision_point(),
            follows_streams: slo.follows_streams(),
            cancel: own_cancel(slo).map_or(Cancel::LimitOfRoute(deadline), Cancel::Own),
            statuses: slo.status_overrides().map(|rule| (rule.status, rule.meaning)).collect(),
            grpc_codes: slo.grpc_overrides().map(|rule| (rule.code, rule.meaning)).collect(),
            dependency: slo.dependency_name().map(Into::into),
            budgeting: slo.budgeting_method(),
            values: match looks_at {
                LooksAt::Values(names) => names.into(),
                _ => Box::default(),
            },
        }
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The word for what it counts: events, slices, or parts of slices.
    pub(crate) fn counted_as(&self) -> &'static str {
        self.budgeting.label()
    }

    /// The latency it asks for, if it asks for one.
    pub(crate) fn threshold(&self) -> Option<Duration> {
        self.indicator.threshold().map(|(threshold, _)| threshold)
    }

    /// How much memory it takes, roughly.
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.name.len() + 32 * (self.statuses.len() + self.grpc_codes.len())
    }
}

/// A fingerprint, by its number among all that an instance has ever held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SloId(usize);

impl SloId {
    pub(crate) const fn number(self) -> usize {
        self.0
    }
}

/// Every fingerprint that an instance has ever held. Numbers are never given twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fingerprints(Vec<Arc<Fingerprint>>);

impl Fingerprints {
    /// The number of this fingerprint: the one it has had before, or a new one.
    pub(crate) fn id_of(&mut self, fingerprint: Fingerprint) -> SloId {
        let known = self.0.iter().position(|known| **known == fingerprint);
        SloId(known.unwrap_or_else(|| {
            self.0.push(Arc::new(fingerprint));
            self.0.len() - 1
        }))
    }

    /// The fingerprint of this number.
    pub(crate) fn get(&self, id: SloId) -> Option<&Fingerprint> {
        self.0.get(id.0).map(Arc::as_ref)
    }

    /// All of them, in the order of their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Fingerprint> {
        self.0.iter().map(Arc::as_ref)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// How much memory those take that were numbered from `first` on, roughly.
    pub(crate) fn bytes_from(&self, first: usize) -> usize {
        self.iter().skip(first).map(Fingerprint::bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use goodput_model::{AlertRow, Measure, MinBad, Period, Severity, Share, Trigger, Window};

    use super::*;

    fn of(slo: &Slo) -> Fingerprint {
        Fingerprint::new(slo, &Definition::new("shop"))
    }

    fn with_deadline(slo: &Slo, seconds: u64) -> Fingerprint {
        let mut definition = Definition::new("shop");
        definition.server_deadline = Some(Duration::from_secs(seconds));
        Fingerprint::new(slo, &definition)
    }

    fn ok() -> Slo {
        Slo::availability("slo", "99.9%")
    }

    fn fast(millis: u64) -> Slo {
        Slo::latency("slo", "99%", Duration::from_millis(millis))
    }

    #[test]
    fn what_says_how_much_has_to_be_good_and_where_changes_no_fingerprint() {
        let row = AlertRow::new(Severity::Page, Window::H1, Window::M5, Trigger::Factor { milli: 14_400 });
        let same = [
            Slo::availability("slo", "95%"),
            ok().period(Period::days(7).unwrap()),
            ok().routes(["/a"]),
            ok().classes(["low"]),
            ok().alert(row),
            ok().min_bad(MinBad::AtLeast(9)),
            ok().judged_at(JudgedAt::End),
            ok().good_statuses([503]).bad_statuses([418, 503]).good_statuses([418]).bad_statuses([418]),
        ];
        let (last, same) = same.split_last().unwrap();
        for slo in same {
            assert_eq!((of(slo), of(slo).key()), (of(&ok()), of(&ok()).key()), "{slo:?}");
        }
        assert_eq!(of(last), of(&ok().bad_statuses([503, 418])), "the last rule for a status wins");
        // What an SLO says of itself is what it would have had.
        let said = fast(300).cancel(CancelPolicy::BadIfOlder(Duration::from_millis(300)));
        assert_eq!(of(&said), of(&fast(300)));
    }

    #[test]
    fn whatever_makes_an_event_good_is_part_of_the_fingerprint() {
        let all = [
            ok(),
            Slo::availability("other", "99.9%"),
            Slo::quality("slo", "99.9%"),
            fast(300),
            fast(301),
            fast(300).measure(Measure::End),
            Slo::good_and_fast("slo", "99%", Duration::from_millis(300)),
            ok().judged_at(JudgedAt::Head),
            ok().streams_judged_at(JudgedAt::End),
            ok().cancel(CancelPolicy::Exclude),
            ok().bad_statuses([418]),
            ok().excluded_statuses([418]),
            ok().bad_grpc_codes([5]),
            ok().of_dependency("stock"),
            ok().budgeting(Budgeting::RatioTimeslices { slice: Window::M1 }),
            ok().budgeting(Budgeting::RatioTimeslices { slice: Window::M5 }),
            Slo::saturation("slo", "99%", Share::ALL).routes(["pool"]),
            Slo::saturation("slo", "99%", Share::ALL).routes(["pool", "queue"]),
        ];
        for (index, slo) in all.iter().enumerate() {
            for other in all.iter().skip(index + 1) {
                assert_ne!(of(slo), of(other), "{slo:?} and {other:?}");
                assert_ne!(of(slo).key(), of(other).key(), "{slo:?} and {other:?}");
            }
        }
    }

    #[test]
    fn the_servers_deadline_is_part_of_it_where_it_decides() {
        assert_ne!(with_deadline(&ok(), 3), with_deadline(&ok(), 4));
        assert_ne!(with_deadline(&ok(), 3).key(), with_deadline(&ok(), 4).key());
        assert_ne!(with_deadline(&ok(), 3), of(&ok()));
        let own_limit = ok().cancel(CancelPolicy::Bad);
        let untouched = [fast(300), own_limit, ok().of_dependency("stock"), Slo::quality("slo", "99%")];
        for slo in untouched {
            assert_eq!(with_deadline(&slo, 3), of(&slo), "{slo:?}");
        }
    }

    #[test]
    fn a_fingerprint_keeps_its_number() {
        let mut all = Fingerprints::default();
        let (first, second) = (all.id_of(of(&ok())), all.id_of(of(&fast(300))));
        assert_ne!(first, second);
        assert_eq!((all.id_of(of(&fast(300))), all.id_of(of(&ok())), all.len()), (second, first, 2));
    }
}
