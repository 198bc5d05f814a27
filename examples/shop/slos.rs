//! What the shop promises: read from a file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use goodput::{Definition, Goodput, Timeline, spec};

/// The file that is read unless another is named.
pub(crate) const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shop.slo.yaml");

/// The SLOs of the file, on a timeline that runs `speed` times faster than real time.
pub(crate) fn read(file: &Path, speed: u32) -> anyhow::Result<Goodput> {
    let definition = spec::read_file(file)?;
    Ok(Goodput::builder("shop").definition(definition).timeline(Timeline::accelerated(speed)).build()?)
}

/// What the clients were promised: how long a request to each route may take to be fast.
#[derive(Clone, Debug)]
pub(crate) struct Promises(Arc<BTreeMap<String, Duration>>);

impl Promises {
    pub(crate) fn of(definition: &Definition) -> Self {
        let timed = definition.slos.iter().filter_map(|slo| Some((slo, slo.indicator().threshold()?.0)));
        let routes =
            timed.flat_map(|(slo, fast)| definition.routes_of(slo).iter().map(move |route| (route.clone(), fast)));
        Self(Arc::new(routes.collect()))
    }

    /// Whether a response from this route that took so long was fast: always, where nothing was promised.
    pub(crate) fn were_kept(&self, route: &str, took: Duration) -> bool {
        self.0.get(route).is_none_or(|fast| took <= *fast)
    }
}
