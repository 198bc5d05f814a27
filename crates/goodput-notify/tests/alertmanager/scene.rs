//! A service whose outages begin and end when the test says so, on a timeline that stands still in between.

use std::sync::Arc;
use std::time::Duration;

use goodput_core::{
    AlertRow, Definition, Goodput, Journey, ManualTimeline, Role, Severity, Slo, Timeline, Trigger, Window,
};

/// See the module.
pub(crate) struct Scene {
    pub(crate) goodput: Arc<Goodput>,
    hand: ManualTimeline,
}

/// What differs from scene to scene.
pub(crate) struct Plot {
    pub(crate) role: Role,
    pub(crate) is_single: bool,
    /// Whether a ticket stands beside the page.
    pub(crate) has_ticket: bool,
}

impl Default for Plot {
    fn default() -> Self {
        Self { role: Role::Notify, is_single: true, has_ticket: false }
    }
}

impl Scene {
    pub(crate) fn new(plot: &Plot) -> Self {
        let row =
            |severity, long, short, factor| AlertRow::new(severity, long, short, Trigger::factor(factor).unwrap());
        let mut slo = Slo::availability("checkout-ok", "99.9%")
            .journey("buying")
            .runbook("https://wiki.example/checkout")
            .dashboard("https://grafana.example/checkout")
            .traces("https://traces.example/checkout")
            .annotation("team", "payments \"& co\"\n{not a template}")
            .alert(row(Severity::Page, Window::H1, Window::M5, "14.4"));
        if plot.has_ticket {
            slo = slo.alert(row(Severity::Ticket, Window::D1, Window::H2, "1"));
        }
        let (timeline, hand) = Timeline::manual();
        // The scene's wall begins as the system's does.
        let timeline = timeline.beginning_at(Timeline::system().wall());
        let mut definition = Definition::new("shop");
        definition.slos.push(slo);
        definition.role = plot.role;
        definition.single_instance = plot.is_single;
        definition.journeys.push(Journey::new("buying"));
        definition.labels.insert("team".to_owned(), "payments".to_owned());
        definition.owner = Some("payments".to_owned());
        let goodput = Goodput::builder("shop").definition(definition).timeline(timeline).deploy("v42").build().unwrap();
        Self { goodput: Arc::new(goodput), hand }
    }

    /// The outage goes on for a tick, which is also when mutes are heard of.
    pub(crate) fn goes_on(&self) {
        self.ten_seconds(true);
    }

    /// Ten seconds in which every request fails, or none does.
    fn ten_seconds(&self, fail: bool) {
        let work = self.goodput.work("/checkout");
        for _ in 0..100 {
            if fail { work.bad("no_stock") } else { work.good() }
        }
        self.hand.advance(Duration::from_secs(10));
        self.goodput.tick(self.goodput.now());
    }

    /// Requests fail until so many alerts fire.
    pub(crate) fn breaks(&self, alerts: usize) {
        for _ in 0..1_000 {
            if self.goodput.alerts().len() >= alerts {
                return;
            }
            self.ten_seconds(true);
        }
        unreachable!("{alerts} alerts expected: {:?}", self.goodput.alerts());
    }

    /// Requests succeed until no more than so many alerts fire.
    pub(crate) fn heals(&self, alerts: usize) {
        for _ in 0..30_000 {
            if self.goodput.alerts().len() <= alerts {
                return;
            }
            self.ten_seconds(false);
        }
        unreachable!("{alerts} alerts expected: {:?}", self.goodput.alerts());
    }
}
