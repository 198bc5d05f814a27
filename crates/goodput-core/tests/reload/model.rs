//! Random sequences of reloads and requests against a naive model.
//!
//! Properties:
//! - an SLO's counters are the events judged under its name, each by the definition it began under;
//! - its windows hold the events judged by its fingerprint since it came into force, and are covered since then;
//! - a route has begun and finished what the model has.

use std::collections::BTreeMap;
use std::time::Duration;

use goodput_core::{Counts, Definition, Ending, Request, Slo, Window};
use proptest::prelude::*;

use super::{House, shop};

/// One SLO of a definition; which one it is is its name.
#[derive(Clone, Debug, PartialEq)]
struct Spec {
    /// A latency SLO with this threshold in milliseconds; without one, availability.
    threshold: Option<u64>,
    on: Option<usize>,
    strict: bool,
    /// Whether a 404 is a failure.
    bad_404: bool,
}

#[derive(Clone, Debug)]
struct Plan {
    slos: BTreeMap<usize, Spec>,
    deadline: Option<u64>,
    excluded: Option<usize>,
}

#[derive(Clone, Debug)]
enum Step {
    Reload(Plan),
    Begin {
        route: usize,
    },
    /// Ends one of the open requests: with a status, or dropped by its client.
    End {
        which: usize,
        status: Option<u16>,
    },
    /// Milliseconds of stopwatch, seconds of timeline.
    Pass {
        millis: u64,
        seconds: u64,
    },
}

const ROUTES: [&str; 3] = ["/a", "/b", "/c"];

/// What makes an event good, as far as these SLOs differ.
type Fingerprint = (usize, Option<u64>, bool, Option<u64>);

impl Plan {
    fn definition(&self) -> Definition {
        let slos = self.slos.iter().map(|(name, spec)| {
            let name = format!("slo-{name}");
            let objective = if spec.strict { "99.9%" } else { "90%" };
            let slo = match spec.threshold {
                Some(threshold) => Slo::latency(name, objective, Duration::from_millis(threshold)),
                None => Slo::availability(name, objective),
            };
            let slo = if spec.bad_404 { slo.bad_statuses([404]) } else { slo };
            match spec.on {
                Some(route) => slo.routes([ROUTES[route]]),
                None => slo,
            }
        });
        let mut definition = shop(slos);
        definition.server_deadline = self.deadline.map(Duration::from_millis);
        definition.excluded_routes.extend(self.excluded().map(|route| ROUTES[route].to_owned()));
        definition
    }

    /// Not a route that an SLO names.
    fn excluded(&self) -> Option<usize> {
        self.excluded.filter(|route| self.slos.values().all(|spec| spec.on != Some(*route)))
    }

    fn fingerprint(&self, name: usize) -> Option<Fingerprint> {
        let spec = self.slos.get(&name)?;
        Some((name, spec.threshold, spec.bad_404, self.deadline.filter(|_| spec.threshold.is_none())))
    }

    /// What a client that left counts as: bad when the request was older than this, in milliseconds.
    fn limit(&self, spec: &Spec, route: usize) -> u64 {
        let neighbours = self.slos.values().filter(|spec| spec.on.is_none_or(|on| on == route));
        let loosest = neighbours.filter_map(|spec| spec.threshold).max();
        let of_route = self.deadline.unwrap_or(loosest.map_or(5_000, |loosest| (4 * loosest).clamp(1_000, 10_000)));
        spec.threshold.unwrap_or(of_route)
    }

    fn judge(&self, spec: &Spec, route: usize, status: Option<u16>, millis: u64) -> Counts {
        let (good, bad, excluded) = match (status, spec.threshold) {
            _ if self.excluded() == Some(route) => (0, 0, 1),
            (None, _) if millis > self.limit(spec, route) => (0, 1, 0),
            (None, _) => (0, 0, 1),
            (Some(_), Some(threshold)) if millis > threshold => (0, 1, 0),
            (Some(status), threshold) => match (status == 500 || (status == 404 && spec.bad_404), threshold) {
                (false, _) => (1, 0, 0),
                (true, None) => (0, 1, 0),
                (true, Some(_)) => (0, 0, 1),
            },
        };
        Counts { good, bad, excluded }
    }
}

/// What ought to be counted.
#[derive(Default)]
struct Model {
    names: BTreeMap<usize, Counts>,
    fingerprints: BTreeMap<Fingerprint, Counts>,
    /// Since when each SLO in force is, and what its fingerprint had counted by then.
    in_force: BTreeMap<usize, (Fingerprint, Counts, u64)>,
}

impl Model {
    fn put_in_force(&mut self, plan: &Plan, now: u64) {
        let former = std::mem::take(&mut self.in_force);
        for name in plan.slos.keys() {
            let fingerprint = plan.fingerprint(*name).unwrap();
            let begins = || (fingerprint, self.fingerprints.get(&fingerprint).copied().unwrap_or_default(), now);
            let kept = former.get(name).filter(|(known, ..)| *known == fingerprint).copied();
            self.in_force.insert(*name, kept.unwrap_or_else(begins));
        }
    }

    fn count(&mut self, plan: &Plan, route: usize, status: Option<u16>, millis: u64) {
        for (name, spec) in plan.slos.iter().filter(|(_, spec)| spec.on.is_none_or(|on| on == route)) {
            let counts = plan.judge(spec, route, status, millis);
            *self.names.entry(*name).or_default() += counts;
            *self.fingerprints.entry(plan.fingerprint(*name).unwrap()).or_default() += counts;
        }
    }
}

fn specs() -> impl Strategy<Value = Spec> {
    let threshold = prop::sample::select(vec![None, Some(300), Some(700)]);
    let on = prop::sample::select(vec![None, None, Some(0), Some(1)]);
    (threshold, on, any::<bool>(), any::<bool>()).prop_map(|(threshold, on, strict, bad_404)| Spec {
        threshold,
        on,
        strict,
        bad_404,
    })
}

fn plans() -> impl Strategy<Value = Plan> {
    let deadline = prop::sample::select(vec![None, None, Some(2_000), Some(4_000)]);
    (prop::collection::btree_map(0_usize..3, specs(), 0..4), deadline, prop::option::of(0_usize..3))
        .prop_map(|(slos, deadline, excluded)| Plan { slos, deadline, excluded })
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => plans().prop_map(Step::Reload),
        4 => (0_usize..3).prop_map(|route| Step::Begin { route }),
        4 => (any::<prop::sample::Index>(), prop::sample::select(vec![None, None, Some(200), Some(404), Some(500)]))
            .prop_map(|(which, status)| Step::End { which: which.index(1_000), status }),
        2 => (0_u64..3_000, 0_u64..4).prop_map(|(millis, seconds)| Step::Pass { millis, seconds }),
    ]
}

proptest! {
    #[test]
    fn reloads_and_requests_never_differ_from_the_naive_model(
        first in plans(),
        steps in prop::collection::vec(steps(), 0..60),
    ) {
        let house = House::new(first.definition());
        let (mut model, mut plan, mut clock) = (Model::default(), first, 0);
        // The house is ten minutes old, and no more than four pass: every window of an hour holds all there is.
        model.put_in_force(&plan, 0);
        let mut now = 600;
        let mut open: Vec<(Request, Plan, usize, u64)> = Vec::new();
        let (mut begun, mut finished) = ([0; 3], [0; 3]);
        for step in steps {
            match step {
                Step::Reload(next) => {
                    house.goodput.reload(next.definition()).unwrap();
                    plan = next;
                    model.put_in_force(&plan, now);
                }
                Step::Begin { route } => {
                    open.push((house.begin(ROUTES[route]), plan.clone(), route, clock));
                    begun[route] += 1;
                }
                Step::End { which, status } if !open.is_empty() => {
                    let (mut request, under, route, since) = open.swap_remove(which % open.len());
                    match status {
                        Some(_) => house.end(request, status.unwrap(), 0),
                        None => request.end(&house.goodput, Ending::Dropped),
                    }
                    model.count(&under, route, status, clock - since);
                    finished[route] += 1;
                }
                Step::End { .. } => {}
                Step::Pass { millis, seconds } => {
                    house.stopwatch.advance(Duration::from_millis(millis));
                    house.timeline.advance(Duration::from_secs(seconds));
                    (clock, now) = (clock + millis, now + seconds);
                    house.goodput.tick(house.timeline.now());
                }
            }
            let status = house.goodput.status();
            let removed = status.removed.iter().map(|slo| (&slo.name, slo.counts));
            let shown = status.slos.iter().map(|slo| (&slo.name, slo.counts)).chain(removed);
            let shown: BTreeMap<&String, Counts> = shown.filter(|(_, counts)| *counts != Counts::default()).collect();
            let names: Vec<(String, Counts)> = model.names.iter().map(|(name, counts)| (format!("slo-{name}"), *counts)).collect();
            prop_assert_eq!(shown, names.iter().map(|(name, counts)| (name, *counts)).collect());
            prop_assert_eq!(status.slos.len(), model.in_force.len());
            for (name, (fingerprint, base, since)) in &model.in_force {
                let hour = status.slo(&format!("slo-{name}")).unwrap().window(Window::H1).unwrap().seen;
                let counted = model.fingerprints.get(fingerprint).copied().unwrap_or_default();
                prop_assert_eq!(hour.counts, counted.since(*base), "{:?}", fingerprint);
                prop_assert_eq!(hour.coverage.seen(), Duration::from_secs(now - since));
            }
            for (route, template) in ROUTES.iter().enumerate() {
                let shown = status.route(template).map_or((0, 0), |route| (route.begun, route.finished));
                prop_assert_eq!(shown, (begun[route], finished[route]), "{}", template);
            }
        }
    }
}
