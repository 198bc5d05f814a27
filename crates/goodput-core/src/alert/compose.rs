//! Composes what is told of an alert from a status that is read when it is told.

use std::sync::Arc;

use goodput_model::{Definition, Exhaustion, Incident, Signal, Verdict};

use super::baseline::Baseline;
use super::examples::Examples;
use super::transition::{Alert, Audience, BadRoute, Cause};
use crate::clock::Moment;
use crate::read::{Event, SloStatus, Status};

/// What an alert is composed of.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) status: &'a Status,
    pub(crate) definition: &'a Definition,
    pub(crate) baseline: &'a Baseline,
    pub(crate) examples: &'a Examples,
    pub(crate) deploy: Option<&'a Arc<str>>,
}

/// The most examples that are shown.
const MOST: usize = 5;

/// The alert of an event. What of an SLO is gone by now stays empty.
pub(crate) fn alert(event: &Event, scene: Scene<'_>) -> Alert {
    let Scene { status, definition, baseline, examples, deploy } = scene;
    let (slo, words) = (status.slo(&event.slo), definition.slos.iter().find(|slo| slo.name() == event.slo));
    let condition = slo.and_then(|slo| {
        let Cause::Row(row) = event.cause else { return None };
        slo.conditions.iter().find(|condition| condition.row == row)
    });
    let severity = event.cause.severity();
    let episode = slo.map(|slo| slo.live.since(event.episode.base)).unwrap_or_default();
    let incident = slo.map(|slo| Incident::new(&slo.budget, episode.bad));
    Alert {
        cause: event.cause,
        service: status.service.clone(),
        slo: event.slo.clone(),
        journey: words.and_then(|slo| slo.journey_name()).map(str::to_owned),
        severity,
        audience: Audience::of(definition.role, definition.single_instance, severity),
        scope: status.scope,
        fired_at: Moment::at(event.episode.alarm.fired_at().unwrap_or_default()),
        fired_wall: event.episode.fired_wall,
        evaluation: condition.map(|condition| condition.now),
        detail: event.episode.detail,
        frozen: match event.cause {
            Cause::Row(_) => condition.and_then(|condition| condition.frozen),
            Cause::Signal(signal) => {
                let status = slo.and_then(|slo| slo.signals.iter().find(|status| status.signal == signal));
                status.and_then(|status| status.frozen)
            }
        },
        windows: slo.map(|slo| slo.windows.clone()).unwrap_or_default(),
        budget: slo.map(|slo| slo.budget),
        exhaustion: slo.map_or(Exhaustion::NoData, |slo| slo.exhaustion),
        episode,
        spent: incident.and_then(|incident| incident.share()),
        needs_post_mortem: incident.is_some_and(|incident| incident.needs_post_mortem()),
        routes: slo.map(|slo| routes(event, slo, status, baseline)).unwrap_or_default(),
        reasons: slo.map(|slo| baseline.reasons(slo)).unwrap_or_default(),
        examples: examples.of(&event.slo, MOST),
        links: words.map(|slo| slo.links().clone()).unwrap_or_default(),
        annotations: words.map(|slo| slo.annotations().clone()).unwrap_or_default(),
        labels: definition.labels.clone(),
        owner: definition.owner.clone(),
        deploy: deploy.cloned(),
        told: event.episode.told.is_told(),
        told_until: event.episode.told_until,
        suppressed: event.episode.suppressed,
        muted: event.episode.muted,
    }
}

/// Where it went wrong: by what was counted, or for a stall, where nothing is.
fn routes(event: &Event, slo: &SloStatus, status: &Status, baseline: &Baseline) -> Vec<BadRoute> {
    if event.cause == Cause::Signal(Signal::Stalled) {
        let stalled = status.routes.iter().filter(|route| route.stalled);
        let routes = stalled.map(|route| BadRoute {
            template: route.template.clone(),
            class: route.class.clone(),
            bad: bad(slo, route),
        });
        return routes.take(MOST).collect();
    }
    baseline.routes(slo, status)
}

fn bad(slo: &SloStatus, route: &crate::read::RouteStatus) -> u64 {
    let own = route.reasons.iter().filter(|reason| *reason.slo == *slo.name);
    own.filter(|reason| matches!(reason.verdict, Verdict::Bad(_)))
        .fold(0, |sum, reason| sum.saturating_add(reason.count))
}
