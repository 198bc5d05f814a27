//! Everything an operator decides about one service: its SLOs, excluded routes and bounds, checked as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::{BudgetBands, Journey, Reason, Slo, Tier, Window};

/// The definition of a service's SLOs. Built in code or read from a file; [`Definition::check`] says whether it holds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Definition {
    /// The service's name, the `service` label of everything exported.
    pub service: String,
    /// What the service is for.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// How good it has to be.
    pub tier: Option<Tier>,
    /// Labels that tell it from other services, on everything that is generated for it, beside `service`.
    pub labels: BTreeMap<String, String>,
    /// Which of the fleet's series are its own: labels and the values they have, such as `environment` and `cluster`.
    pub selector: BTreeMap<String, String>,
    /// The IANA time zone of calendar periods, such as `Europe/Berlin`.
    pub time_zone: String,
    /// Whether the process tells anybody when a condition holds.
    pub role: Role,
    /// Whether this is the only instance, so that what it sees is all there is and it may page.
    pub single_instance: bool,
    /// What the rest of the error budgets permits.
    pub bands: BudgetBands,
    /// What users come to do.
    pub journeys: Vec<Journey>,
    /// The SLOs, in the order they are shown.
    pub slos: Vec<Slo>,
    /// Route templates whose requests every SLO excludes: health checks, metrics, status pages.
    pub excluded_routes: Vec<String>,
    /// How many routes are told apart before further ones are counted together as `other`.
    pub max_routes: usize,
    /// The deadline the server itself puts on a request, if it has one: the cancel grace of SLOs without a threshold.
    pub server_deadline: Option<Duration>,
    /// Reasons that handlers give, declared to have a series of their own in the export.
    pub reasons: Vec<String>,
    /// Route templates whose successful responses are streams, whatever their content type: judged at the head.
    pub stream_routes: Vec<String>,
    /// Services that this one calls, beyond those that SLOs name. Declared, each has a reason that blames it.
    pub dependencies: Vec<String>,
    /// The request classes that SLOs may select.
    pub classes: Vec<String>,
    /// The class of requests to a route, where neither a layer nor an extension of the request gives one.
    pub route_classes: Vec<RouteClass>,
}

/// The class of a route's requests. Exhaustive on purpose: a route and its class.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RouteClass {
    /// The route's template.
    pub route: String,
    /// The name of the class.
    pub class: String,
}

/// Whether a process tells anybody when an alert condition holds.
///
/// A process sees one replica. Twenty replicas that are exactly on target would page 46 times a month without reason, which is
/// why none does unless it is the only one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Its conditions go to its status, to callbacks and to `tracing`.
    #[default]
    Observe,
    /// They go to people as well: pages only where it is the [only instance](Definition::single_instance).
    Notify,
}

impl Role {
    /// Every one of them.
    pub const ALL: [Self; 2] = [Self::Observe, Self::Notify];

    /// As it is written in files.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Notify => "notify",
        }
    }
}

impl Definition {
    /// The route of requests that matched none. No template may be called so.
    pub const UNMATCHED: &str = "unmatched";
    /// The route of events whose own route has no place left. No template may be called so.
    pub const OTHER: &str = "other";
    /// What records that were to come are counted under, before the name they have.
    pub const COMPLETENESS: &str = "completeness:";
    /// What reads of data are counted under, before the name it has.
    pub const READS: &str = "reads:";
    /// What no template may begin with: these tell apart what else is counted under a name.
    pub const PREFIXES: [&str; 3] = [Reason::DEPENDENCY, Self::COMPLETENESS, Self::READS];
    /// The default of [`max_routes`](Self::max_routes).
    pub const DEFAULT_MAX_ROUTES: usize = 1_000;
    /// The default of [`time_zone`](Self::time_zone).
    pub const DEFAULT_TIME_ZONE: &str = "UTC";
    /// The longest text for people, in bytes.
    pub const MAX_TEXT: usize = 2_000;
    /// The longest service or SLO name, in bytes.
    pub const MAX_NAME: usize = 100;
    /// The longest route template, in bytes.
    pub const MAX_ROUTE: usize = 256;
    /// The most routes one definition may tell apart.
    pub const MAX_ROUTES: usize = 100_000;
    /// The most declared reasons, those that blame a dependency included.
    pub const MAX_REASONS: usize = 64;
    /// The most request classes.
    pub const MAX_CLASSES: usize = 8;
    /// The shortest period: the default alert rows look back through an hour at least.
    pub const SHORTEST_PERIOD: Window = Window::D1;
    /// The longest latency threshold or cancel limit.
    pub const MAX_THRESHOLD: Duration = Duration::from_secs(24 * 60 * 60);

    /// A definition without SLOs.
    pub fn new(service: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            description: None,
            owner: None,
            tier: None,
            labels: BTreeMap::new(),
            selector: BTreeMap::new(),
            time_zone: Self::DEFAULT_TIME_ZONE.to_owned(),
            role: Role::default(),
            single_instance: false,
            bands: BudgetBands::default(),
            journeys: Vec::new(),
            slos: Vec::new(),
            excluded_routes: Vec::new(),
            max_routes: Self::DEFAULT_MAX_ROUTES,
            server_deadline: None,
            reasons: Vec::new(),
            stream_routes: Vec::new(),
            dependencies: Vec::new(),
            classes: Vec::new(),
            route_classes: Vec::new(),
        }
    }

    /// Every dependency that is declared or named by an SLO, each once.
    pub fn all_dependencies(&self) -> BTreeSet<&str> {
        let named = self.slos.iter().filter_map(Slo::dependency_name);
        self.dependencies.iter().map(String::as_str).chain(named).collect()
    }

    /// The routes an SLO looks at: its own, else those of its journey; empty for all.
    pub fn routes_of<'a>(&'a self, slo: &'a Slo) -> &'a [String] {
        if !slo.selected_routes().is_empty() || slo.dependency_name().is_some() {
            return slo.selected_routes();
        }
        self.journey_of(slo).map_or(&[], |journey| &journey.routes)
    }

    /// The journey an SLO belongs to.
    pub fn journey_of(&self, slo: &Slo) -> Option<&Journey> {
        let name = slo.journey_name()?;
        self.journeys.iter().find(|journey| journey.name == name)
    }
}
