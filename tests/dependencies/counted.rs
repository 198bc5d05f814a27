//! Everything a status counts, as lines that can be compared.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use goodput::{Goodput, GoodputBuilder, Slo, Timeline};
use tokio::time::{sleep, timeout};

use crate::clients::PATIENCE;

/// A shop with an SLO of its own, and one for each of these dependencies: `<name>-ok`.
pub(crate) fn shop(dependencies: &[&str]) -> GoodputBuilder {
    // On a timeline that stands still nobody misses a tick.
    let builder = Goodput::builder("shop").timeline(Timeline::manual().0).slo(Slo::availability("shop-ok", "99.9%"));
    dependencies
        .iter()
        .fold(builder, |builder, name| builder.slo(Slo::dependency(format!("{name}-ok"), "99.5%", *name)))
}

/// The same, built.
pub(crate) fn built(builder: GoodputBuilder) -> Arc<Goodput> {
    Arc::new(builder.build().unwrap())
}

/// Counts by name: `<route>: <outcome>`, `<slo>: <verdict>`, what is in flight, and the flags.
pub(crate) fn counted(goodput: &Goodput) -> BTreeMap<String, u64> {
    let status = goodput.status();
    let mut counts = BTreeMap::new();
    let mut add = |name: String, count: u64| *counts.entry(name).or_default() += count;
    for route in &status.routes {
        route.outcomes.iter().for_each(|(outcome, count)| add(format!("{}: {outcome}", route.template), *count));
        add(format!("{}: in flight", route.template), route.in_flight);
        let finished: u64 = route.outcomes.iter().map(|(_, count)| count).sum();
        assert_eq!((finished, route.begun), (route.finished, route.finished + route.in_flight), "{route:?}");
    }
    for slo in &status.slos {
        add(format!("{}: good", slo.name), slo.counts.good);
        slo.reasons.iter().for_each(|reason| add(format!("{}: {}", slo.name, reason.verdict), reason.count));
        let given: u64 = slo.reasons.iter().map(|reason| reason.count).sum();
        assert_eq!(given, slo.counts.bad + slo.counts.excluded, "each has a reason: {slo:?}");
    }
    add("in flight".to_owned(), status.in_flight);
    status.flags.iter().for_each(|flag| add(format!("flag: {}", flag.label()), 1));
    counts.retain(|_, count| *count > 0);
    counts
}

/// Exactly this is counted, and nothing else.
#[track_caller]
pub(crate) fn check(goodput: &Goodput, what: &str, expected: &[(&str, u64)]) {
    let expected: BTreeMap<_, _> = expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    assert_eq!(counted(goodput), expected, "{what}");
}

/// As [`check`], once the server has seen the end of what its clients have.
pub(crate) async fn settles(goodput: &Goodput, what: &str, expected: &[(&str, u64)]) {
    quiet(goodput).await;
    check(goodput, what, expected);
}

/// Waits until the server has nothing in flight.
pub(crate) async fn quiet(goodput: &Goodput) {
    let settle = async {
        while goodput.status().in_flight > 0 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, settle).await.unwrap();
}
