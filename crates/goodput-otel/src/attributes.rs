//! The attribute sets of all series, made once: observing clones reference counts, not strings.

use std::sync::Arc;

use goodput_core::names;
use opentelemetry::{KeyValue, StringValue};

/// A shared string as an attribute value.
pub(crate) fn text(value: &str) -> StringValue {
    StringValue::from(Arc::<str>::from(value))
}

/// The attributes of one SLO's series, always in alphabetical order.
#[derive(Clone, Debug)]
pub(crate) struct SloAttributes {
    service: StringValue,
    slo: StringValue,
}

impl SloAttributes {
    pub(crate) fn new(service: &StringValue, slo: &str) -> Self {
        Self { service: service.clone(), slo: text(slo) }
    }

    pub(crate) fn alone(&self) -> [KeyValue; 2] {
        [KeyValue::new(names::SERVICE, self.service.clone()), KeyValue::new(names::SLO, self.slo.clone())]
    }

    pub(crate) fn verdict(&self, verdict: &'static str) -> [KeyValue; 3] {
        let [service, slo] = self.alone();
        [service, slo, KeyValue::new(names::VERDICT, verdict)]
    }

    pub(crate) fn reason(&self, verdict: &'static str, reason: &StringValue) -> [KeyValue; 4] {
        let [service, slo, verdict] = self.verdict(verdict);
        [KeyValue::new(names::REASON, reason.clone()), service, slo, verdict]
    }

    pub(crate) fn window(&self, window: &StringValue) -> [KeyValue; 3] {
        let [service, slo] = self.alone();
        [service, slo, KeyValue::new(names::WINDOW, window.clone())]
    }

    pub(crate) fn known(&self, known: &'static str) -> [KeyValue; 3] {
        let [service, slo] = self.alone();
        [KeyValue::new(names::KNOWN, known), service, slo]
    }
}
