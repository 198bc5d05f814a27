//! The labels of every series there is, which only grow: a series that pauses starts over for readers of differences.
//!
//! A reload may add SLOs and reasons. Their series begin with the next collection, as far as the limit of an instrument allows: one
//! beyond it would be counted on a series that stands for all the rest, and nobody be told. What has no place is left out whole,
//! and named by [`Exporter::left_out`](crate::Exporter::left_out). Counters of a removed SLO stay as they are; its gauges end.

use std::collections::BTreeMap;
use std::sync::Arc;

use goodput_core::{Counts, Definition, Goodput, Reason, ReasonCount, SloStatus, Status};
use opentelemetry::{KeyValue, StringValue};

use crate::attributes::{SloAttributes, text};
use crate::instruments::INSTRUMENTS;
use crate::series::{self, Reasons};

/// The attribute values of all series, for a definition.
#[derive(Debug)]
pub(crate) struct Labels {
    /// What they were made for last.
    definition: Arc<Definition>,
    service: StringValue,
    slos: BTreeMap<String, SloLabels>,
    left_out: Vec<String>,
}

/// The attribute values of one SLO's series.
#[derive(Clone, Debug)]
pub(crate) struct SloLabels {
    pub(crate) attributes: SloAttributes,
    /// By verdict and reason.
    pub(crate) reasons: BTreeMap<(&'static str, String), ReasonSeries>,
    /// Whether the SLO has gauges: it is in force, and there is place for them.
    has_gauges: bool,
}

/// One series of reasons.
#[derive(Clone, Debug)]
pub(crate) struct ReasonSeries {
    pub(crate) reason: StringValue,
    /// How many events were counted as `other` before there was this series. They stay there: neither series ever falls.
    pub(crate) before: u64,
}

/// An instrument that would have too many series, and how many.
pub(crate) type TooMany = (&'static str, usize);

impl Labels {
    /// The labels of an instance, if no instrument has more than `limit` series.
    pub(crate) fn new(goodput: &Goodput, limit: usize) -> Result<Self, TooMany> {
        let definition = goodput.definition();
        let service = text(&definition.service);
        let mut labels = Self { definition, service, slos: BTreeMap::new(), left_out: Vec::new() };
        let status = goodput.status();
        labels.take_in(&status, series::reasons(goodput), usize::MAX);
        labels.check(&status, limit).map(|()| labels)
    }

    /// Takes in what reloads have added since, if any.
    pub(crate) fn follow(&mut self, goodput: &Goodput, limit: usize) {
        let definition = goodput.definition();
        if !Arc::ptr_eq(&self.definition, &definition) {
            self.definition = definition;
            self.take_in(&goodput.status(), series::reasons(goodput), limit);
        }
    }

    /// The SLOs for which there was no place.
    pub(crate) fn left_out(&self) -> &[String] {
        &self.left_out
    }

    fn take_in(&mut self, status: &Status, mut reasons: BTreeMap<String, Reasons>, limit: usize) {
        self.left_out.clear();
        self.slos.values_mut().for_each(|slo| slo.has_gauges = false);
        let current = status.slos.iter().map(|slo| (&slo.name, &slo.reasons, true));
        let removed = status.removed.iter().map(|slo| (&slo.name, &slo.reasons, false));
        for (name, counted, has_gauges) in current.chain(removed) {
            let former = self.slos.get(name).cloned();
            if former.is_some() && !has_gauges {
                continue;
            }
            let reasons = reasons.remove(name).unwrap_or_else(|| series::given(counted));
            let mut slo = former.clone().unwrap_or_else(|| SloLabels::new(&self.service, name));
            slo.has_gauges = has_gauges;
            slo.add(reasons, counted, former.is_some());
            self.slos.insert(name.clone(), slo);
            if self.check(status, limit).is_err() {
                self.left_out.push(name.clone());
                match former {
                    Some(former) => self.slos.insert(name.clone(), former),
                    None => self.slos.remove(name),
                };
            }
        }
    }

    fn check(&self, status: &Status, limit: usize) -> Result<(), TooMany> {
        let series = INSTRUMENTS.iter().map(|instrument| (instrument.name.name, (instrument.series)(self, status)));
        series.filter(|(_, series)| *series > limit).max_by_key(|(_, series)| *series).map_or(Ok(()), Err)
    }

    /// How many SLOs have counters.
    pub(crate) fn counted(&self) -> usize {
        self.slos.len()
    }

    /// How many series of reasons there are.
    pub(crate) fn reasons(&self) -> usize {
        self.slos.values().map(|slo| slo.reasons.len()).sum()
    }

    /// The SLOs that have gauges.
    pub(crate) fn gauges<'a>(&'a self, status: &'a Status) -> impl Iterator<Item = (&'a SloAttributes, &'a SloStatus)> {
        let labelled = status.slos.iter().filter_map(|slo| Some((self.slos.get(&slo.name)?, slo)));
        labelled.filter(|(labels, _)| labels.has_gauges).map(|(labels, slo)| (&labels.attributes, slo))
    }

    /// The SLOs that have counters, removed ones as well.
    pub(crate) fn counters<'a>(
        &'a self,
        status: &'a Status,
    ) -> impl Iterator<Item = (&'a SloLabels, Counts, &'a [ReasonCount])> {
        let current = status.slos.iter().map(|slo| (&slo.name, slo.counts, &*slo.reasons));
        let removed = status.removed.iter().map(|slo| (&slo.name, slo.counts, &*slo.reasons));
        current.chain(removed).filter_map(|(name, counts, reasons)| Some((self.slos.get(name)?, counts, reasons)))
    }

    pub(crate) fn service(&self) -> [KeyValue; 1] {
        [KeyValue::new(goodput_core::names::SERVICE, self.service.clone())]
    }

    /// The name of the service.
    pub(crate) fn service_name(&self) -> &str {
        self.service.as_str()
    }
}

impl SloLabels {
    fn new(service: &StringValue, name: &str) -> Self {
        Self { attributes: SloAttributes::new(service, name), reasons: BTreeMap::new(), has_gauges: false }
    }

    /// Adds series of reasons, of which so many events were `counted`: as `other` if there were series before.
    fn add(&mut self, reasons: Reasons, counted: &[ReasonCount], were_there: bool) {
        let others = ["bad", "excluded"].map(|verdict| (verdict, Reason::OTHER.to_string()));
        let others = others.map(|key| (key.0, were_there && self.reasons.contains_key(&key)));
        for (key, reason) in reasons {
            let was_other = others.iter().any(|(verdict, was_there)| *was_there && *verdict == key.0);
            let own = counted.iter().filter(|count| was_other && series::key(count.verdict).as_ref() == Some(&key));
            let before = own.map(|count| count.count).fold(0, u64::saturating_add);
            self.reasons.entry(key).or_insert(ReasonSeries { reason, before });
        }
    }

    /// How many events each of its series of reasons has.
    pub(crate) fn reason_sums(&self, counted: &[ReasonCount]) -> BTreeMap<(&'static str, String), u64> {
        let mut sums: BTreeMap<_, u64> = self.reasons.keys().map(|key| (key.clone(), 0)).collect();
        let mut add = |key, events: u64| {
            if let Some(sum) = sums.get_mut(&key) {
                *sum = sum.saturating_add(events);
            }
        };
        for count in counted {
            let Some(key) = series::key(count.verdict) else { continue };
            match self.reasons.get(&key) {
                Some(own) => {
                    let before = own.before.min(count.count);
                    add((key.0, Reason::OTHER.to_string()), before);
                    add(key, count.count - before);
                }
                None => add((key.0, Reason::OTHER.to_string()), count.count),
            }
        }
        sums
    }
}
