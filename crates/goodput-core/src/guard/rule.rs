//! What a service asks of its guards, as data in the builder.

use std::time::Duration;

use goodput_model::{Reason, Share, ShareError, Trigger, TriggerError, Verdict, Window};

/// What a guard does with the requests that are not in its share. Exhaustive on purpose: a layer has to do each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GuardAction {
    /// Answers them at once.
    Shed,
    /// Marks them, so that the handler can do less.
    Degrade,
}

impl GuardAction {
    /// As it is written for machines: `shed`, `degrade`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Shed => "shed",
            Self::Degrade => "degrade",
        }
    }
}

/// Holds chosen requests back while an SLO burns too fast, so that what is left of the service's strength goes to the others.
///
/// At every tick the guard looks at the burn of its SLO over a short window, scaled by coverage as conditions have it. While that is
/// above the factor, with enough bad events, the share of its requests that is admitted is halved, down to the floor; while it
/// is at most half the factor, the share grows by a tenth of the whole; in between, it stays. What no guard chooses is never touched.
///
/// Requests that a guard has shed itself are no part of that burn, so that a guard cannot keep itself closed.
///
/// ```
/// use goodput_core::{Goodput, Guard, Slo};
///
/// let goodput = Goodput::builder("shop")
///     .slo(Slo::availability("checkout-ok", "99.9%").routes(["/checkout"]))
///     .guard(Guard::shed("spare-checkout", "checkout-ok").routes(["/recommendations"]).above("6").floor("10%"))
///     .build()?;
/// assert_eq!(goodput.status().guards[0].admitted.to_string(), "100%");
/// # Ok::<(), goodput_core::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Guard {
    pub(super) name: String,
    pub(super) action: GuardAction,
    pub(super) limit: Limit,
    pub(super) routes: Vec<String>,
    pub(super) classes: Vec<String>,
    pub(super) floor: Result<Share, ShareError>,
    pub(super) excludes: bool,
    pub(super) retry_after: Duration,
}

/// How fast an SLO may burn before something is done about it.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    pub(super) slo: String,
    pub(super) above: Result<Trigger, TriggerError>,
    pub(super) window: Window,
    pub(super) min_bad: u64,
}

impl Limit {
    fn of(slo: String) -> Self {
        Self { slo, above: Ok(Trigger::Factor { milli: 14_400 }), window: Window::M5, min_bad: 3 }
    }

    /// In thousandths; what was no factor has been refused.
    pub(super) fn milli(&self) -> u32 {
        self.above.as_ref().ok().and_then(|trigger| trigger.factor_milli()).unwrap_or(u32::MAX)
    }
}

impl Guard {
    const DEFAULT_FLOOR: Option<Share> = Share::percent(10);

    /// A guard that answers requests at once while the SLO burns: the cheapest there is, for what the caller can do without.
    pub fn shed(name: impl Into<String>, slo: impl Into<String>) -> Self {
        Self::new(name.into(), GuardAction::Shed, slo.into())
    }

    /// A guard that marks requests while the SLO burns, so that their handlers do less: answer from a cache, leave out a call.
    pub fn degrade(name: impl Into<String>, slo: impl Into<String>) -> Self {
        Self::new(name.into(), GuardAction::Degrade, slo.into())
    }

    fn new(name: String, action: GuardAction, slo: String) -> Self {
        Self {
            name,
            action,
            limit: Limit::of(slo),
            routes: Vec::new(),
            classes: Vec::new(),
            floor: Ok(Self::DEFAULT_FLOOR.unwrap_or(Share::ALL)),
            excludes: false,
            retry_after: Duration::from_secs(30),
        }
    }

    /// The routes whose requests it may hold back, by their templates.
    pub fn routes<R: Into<String>>(mut self, routes: impl IntoIterator<Item = R>) -> Self {
        self.routes.extend(routes.into_iter().map(Into::into));
        self
    }

    /// The request classes it may hold back: on any route, or on its [`routes`](Self::routes) if it names some.
    pub fn classes<C: Into<String>>(mut self, classes: impl IntoIterator<Item = C>) -> Self {
        self.classes.extend(classes.into_iter().map(Into::into));
        self
    }

    /// The burn above which it acts, `"14.4"` times the allowed rate without this call: at least 1, and low enough that an outage
    /// exceeds it.
    pub fn above(mut self, factor: &str) -> Self {
        self.limit.above = Trigger::factor(factor);
        self
    }

    /// The window it looks at, 5 minutes without this call: from a tick to 6 hours. It acts as soon as the window is above, and the
    /// window is as long in forgetting.
    pub fn window(mut self, window: Window) -> Self {
        self.limit.window = window;
        self
    }

    /// How many bad events there have to be in the window; 3 without this call.
    pub fn min_bad(mut self, count: u64) -> Self {
        self.limit.min_bad = count;
        self
    }

    /// The share that is admitted whatever happens, `"10%"` without this call and never nothing: somebody has to find out that all is
    /// well again.
    pub fn floor(mut self, share: &str) -> Self {
        self.floor = share.parse();
        self
    }

    /// What it sheds is excluded from the SLOs of its routes, with the reason `shed`. Without this call it is bad there: whoever asked
    /// got no answer.
    pub fn exclude_sheds(mut self) -> Self {
        self.excludes = true;
        self
    }

    /// When a caller who was refused is told to come again, 30 s without this call; in whole seconds, at least one.
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = after;
        self
    }

    /// What one of its sheds counts as.
    pub(super) fn verdict(&self) -> Verdict {
        if self.excludes { Verdict::Excluded(Reason::SHED) } else { Verdict::Bad(Reason::SHED) }
    }
}

/// Turns a risky feature off while an SLO burns too fast: a new ranking, a prefetch, an experiment.
///
/// Off at the first tick that finds the burn above the factor, on again at the first that finds it at most half of that. See
/// [`feature_allowed`](crate::Goodput::feature_allowed).
#[derive(Clone, Debug)]
pub struct FeatureGuard {
    pub(super) name: String,
    pub(super) limit: Limit,
}

impl FeatureGuard {
    /// The feature of this name is off while the SLO burns.
    pub fn new(name: impl Into<String>, slo: impl Into<String>) -> Self {
        Self { name: name.into(), limit: Limit::of(slo.into()) }
    }

    /// The burn above which it is off; as [`Guard::above`].
    pub fn above(mut self, factor: &str) -> Self {
        self.limit.above = Trigger::factor(factor);
        self
    }

    /// The window that is looked at; as [`Guard::window`].
    pub fn window(mut self, window: Window) -> Self {
        self.limit.window = window;
        self
    }

    /// How many bad events there have to be in the window; as [`Guard::min_bad`].
    pub fn min_bad(mut self, count: u64) -> Self {
        self.limit.min_bad = count;
        self
    }
}

/// All that a service asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    pub(crate) guards: Vec<Guard>,
    pub(crate) features: Vec<FeatureGuard>,
}

impl Rules {
    pub(crate) fn is_empty(&self) -> bool {
        self.guards.is_empty() && self.features.is_empty()
    }
}
