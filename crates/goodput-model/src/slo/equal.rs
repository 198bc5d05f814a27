//! When two SLOs are equal.

use super::Slo;

/// Two SLOs are equal if they mean the same: what is said and what is so by default anyway do not differ.
impl PartialEq for Slo {
    fn eq(&self, other: &Self) -> bool {
        // All fields by name, so that none is forgotten.
        let Self {
            name,
            objective,
            period,
            indicator,
            routes,
            dependency,
            classes,
            judged_at: _,
            streams_judged_at: _,
            cancel,
            statuses,
            grpc_codes,
            budgeting: _,
            alerts,
            min_bad,
            unseen,
            keep_firing,
            description,
            journey,
            sla,
            traffic,
            links,
            annotations,
        } = self;
        let meant = |slo: &Self| (slo.decision_point(), slo.follows_streams(), slo.budgeting_method());
        meant(self) == meant(other)
            && (name, objective, period, indicator) == (&other.name, &other.objective, &other.period, &other.indicator)
            && (routes, dependency, classes) == (&other.routes, &other.dependency, &other.classes)
            && (cancel, statuses, grpc_codes) == (&other.cancel, &other.statuses, &other.grpc_codes)
            && (alerts, min_bad, traffic, sla) == (&other.alerts, &other.min_bad, &other.traffic, &other.sla)
            && (description, journey, links) == (&other.description, &other.journey, &other.links)
            && (unseen, keep_firing, annotations) == (&other.unseen, &other.keep_firing, &other.annotations)
    }
}
