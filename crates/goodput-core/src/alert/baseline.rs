//! What the reasons of every route stood at when budgets began to burn, so that an alert shows what went wrong since, and not since the
//! process started.

use std::collections::HashMap;
use std::sync::Arc;

use goodput_model::Verdict;

use super::transition::BadRoute;
use crate::read::{Detail, ReasonCount, RouteStatus, SloStatus, Status, WatchedSlo};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Baseline {
    /// By SLO, template, class and verdict.
    routes: HashMap<(Arc<str>, String, Option<String>, Verdict), u64>,
    slos: HashMap<(String, Verdict), u64>,
}

/// The most that are shown of either.
const MOST: usize = 5;

impl Baseline {
    pub(crate) fn of(detail: &Detail, slos: &[WatchedSlo], classes: &[String]) -> Self {
        let names: Vec<Arc<str>> = slos.iter().map(|slo| slo.name.as_str().into()).collect();
        let mut baseline = Self::default();
        for route in &detail.routes {
            let class = route.class.name(classes);
            for (slo, verdict, count) in &route.reasons {
                if let Some(name) = names.get(*slo) {
                    let key = (Arc::clone(name), route.template.clone(), class.clone(), *verdict);
                    baseline.routes.insert(key, *count);
                }
            }
        }
        for (slo, reasons) in slos.iter().zip(&detail.reasons) {
            let reasons = reasons.iter().map(|(verdict, count)| ((slo.name.clone(), *verdict), *count));
            baseline.slos.extend(reasons);
        }
        baseline
    }

    /// The routes with the most bad events of the SLO since.
    pub(crate) fn routes(&self, slo: &SloStatus, status: &Status) -> Vec<BadRoute> {
        let mut bad: Vec<_> = status.routes.iter().filter_map(|route| self.bad_on(slo, route)).collect();
        bad.sort_by(|a, b| b.bad.cmp(&a.bad).then_with(|| a.template.cmp(&b.template)));
        bad.truncate(MOST);
        bad
    }

    /// Nothing where there were none.
    fn bad_on(&self, slo: &SloStatus, route: &RouteStatus) -> Option<BadRoute> {
        let own = route.reasons.iter().filter(|reason| *reason.slo == *slo.name);
        let bad = own.filter(|reason| matches!(reason.verdict, Verdict::Bad(_))).map(|reason| {
            let key = (Arc::clone(&reason.slo), route.template.clone(), route.class.clone(), reason.verdict);
            reason.count.saturating_sub(self.routes.get(&key).copied().unwrap_or(0))
        });
        let bad = bad.fold(0, u64::saturating_add);
        (bad > 0).then(|| BadRoute { template: route.template.clone(), class: route.class.clone(), bad })
    }

    /// Why events of the SLO were bad or excluded since.
    pub(crate) fn reasons(&self, slo: &SloStatus) -> Vec<ReasonCount> {
        let since = slo.reasons.iter().map(|reason| {
            let before = self.slos.get(&(slo.name.clone(), reason.verdict)).copied().unwrap_or(0);
            ReasonCount { count: reason.count.saturating_sub(before), ..*reason }
        });
        let mut since: Vec<_> = since.filter(|reason| reason.count > 0).collect();
        since.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.verdict.reason().cmp(&b.verdict.reason())));
        since.truncate(MOST);
        since
    }
}
