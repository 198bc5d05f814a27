//! Transitions as events of `tracing`, each with its facts as fields.

use goodput_core::{Severity, Transition, Turn};
use tracing::Level;

use crate::words;

/// Writes a transition to `tracing`, for [`on_transition`](goodput_core::GoodputBuilder::on_transition).
///
/// One event with the target `goodput`: at the level error where a page fires, warn for a ticket, and info for the weekly review and
/// for whatever resolves. Fields that say nothing are empty: `change`, `cleared`, `number`, `alertname`, `service`, `slo`, `journey`,
/// `severity`, `audience`, `scope`, `what`, `current`, `expected`, `burn`, `budget`, `exhaustion`, `post_mortem`, `routes`, `reasons`,
/// `trace_ids`, `deploy`, `runbook`, `suppressed`, `muted`. Texts are fields, never part of a format.
///
/// ```
/// use goodput_core::{Goodput, Slo};
///
/// let goodput = Goodput::builder("checkout")
///     .slo(Slo::availability("checkout-ok", "99.9%"))
///     .on_transition(goodput_notify::to_tracing)
///     .build()?;
/// # Ok::<(), goodput_core::BuildError>(())
/// ```
///
/// It runs on a thread that ticks or reloads: a subscriber that blocks there holds up that, and whatever is told after, and no request.
pub fn to_tracing(transition: &Transition) {
    // The level of an event is part of its place in the code.
    macro_rules! write {
        ($level:expr) => {{
            let alert = &transition.alert;
            let cleared = match transition.change {
                Turn::Resolved(cleared) => cleared.label(),
                _ => "",
            };
            tracing::event!(
                target: "goodput",
                $level,
                change = transition.change.label(),
                cleared,
                number = transition.number,
                alertname = alert.name(),
                service = alert.service,
                slo = alert.slo,
                journey = alert.journey.as_deref().unwrap_or_default(),
                severity = %alert.severity,
                audience = alert.audience.label(),
                scope = %alert.scope,
                what = %alert.cause,
                current = words::current(alert),
                expected = words::expected(alert),
                burn = words::burn(&alert.windows),
                budget = alert.budget.map(|budget| budget.remaining().to_string()).unwrap_or_default(),
                exhaustion = %alert.exhaustion,
                post_mortem = alert.needs_post_mortem,
                routes = words::routes(alert),
                reasons = words::reasons(alert),
                trace_ids = words::trace_ids(alert),
                deploy = alert.deploy.as_deref().unwrap_or_default(),
                runbook = alert.links.runbook.as_deref().unwrap_or_default(),
                suppressed = alert.suppressed,
                muted = alert.muted,
                "{transition}"
            );
        }};
    }
    match (transition.change, transition.alert.severity) {
        (Turn::Resolved(_), _) | (_, Severity::Log) => write!(Level::INFO),
        (_, Severity::Ticket) => write!(Level::WARN),
        (_, Severity::Page) => write!(Level::ERROR),
    }
}
