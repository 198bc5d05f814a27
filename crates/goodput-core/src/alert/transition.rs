//! What is told about an alert: that it fired, why, and where to look.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use goodput_model::{
    Budget, BurnRate, Cleared, Counts, Evaluation, Exhaustion, Frozen, Links, Position, Role, Row, Severity, Signal,
    Timing,
};

use super::examples::Example;
use crate::clock::Moment;
use crate::read::{ReasonCount, Scope, SignalDetail, WindowStatus};

/// An alert that fired, emerged or resolved.
///
/// Of each alert, firing and resolving take turns. Where [`notifies`](Self::notifies) is set, somebody who is told of alerts is to be
/// told of this: once when it begins, and once when it is over if its beginning was told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Transition {
    /// From 1 on, in the order they happened in this process.
    pub number: u64,
    /// What happened.
    pub change: Turn,
    /// When, on the instance's timeline.
    pub at: Moment,
    /// What a clock on the wall showed.
    pub wall: SystemTime,
    /// Whether it is neither suppressed nor muted, and was told before if it is over. For whom is in [`Alert::audience`].
    pub notifies: bool,
    /// The alert, with what was known when it happened.
    pub alert: Alert,
}

/// What happened to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Turn {
    /// It fires from here on.
    Fired,
    /// It fired before, and is no longer suppressed or muted: it has outlived what kept it quiet.
    Emerged,
    /// It fires no longer.
    Resolved(Cleared),
}

impl Turn {
    /// One word for machines: `fired`, `emerged`, `resolved`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Emerged => "emerged",
            Self::Resolved(_) => "resolved",
        }
    }
}

/// What an alert is about: a row of an SLO's policy, or a signal.
///
/// Exhaustive on purpose: whoever shows alerts has to show both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// The budget burns too fast over the windows of this row.
    Row(Row),
    /// Something that no error ratio shows.
    Signal(Signal),
}

impl Cause {
    /// Whom it is for.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Row(row) => row.severity(),
            Self::Signal(signal) => signal.severity(),
        }
    }

    /// When it fires and resolves.
    pub fn timing(&self) -> Timing {
        match self {
            Self::Row(row) => row.timing(),
            Self::Signal(signal) => signal.timing(),
        }
    }
}

/// `page 1h/5m at 14.4x`, `stalled`.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(row) => write!(f, "{row}"),
            Self::Signal(signal) => write!(f, "{signal}"),
        }
    }
}

/// Who is to hear of an alert. Greater is louder.
///
/// A process sees one replica: it tells people only where its definition says [`Role::Notify`], and pages them only where it is
/// the only instance. One of many tells of what would be a page, as a ticket, and leaves the rest to the fleet's own rules: twenty
/// replicas of a service that is exactly on target would write 550 tickets a month about a period that none of them has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Audience {
    /// Nobody: it is for the status, callbacks and `tracing`.
    Nobody,
    /// Somebody, within days.
    Ticket,
    /// The person on call, now.
    Page,
}

impl Audience {
    /// Who hears of alerts of this severity from a process of this role.
    pub const fn of(role: Role, single_instance: bool, severity: Severity) -> Self {
        match (role, severity) {
            (Role::Notify, Severity::Page) if single_instance => Self::Page,
            (Role::Notify, Severity::Ticket) if single_instance => Self::Ticket,
            (Role::Notify, Severity::Page) => Self::Ticket,
            _ => Self::Nobody,
        }
    }

    /// One word for machines.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Ticket => "ticket",
            Self::Page => "page",
        }
    }
}

/// All that whoever gets an alert may want to know: what, how much against how much, where to look, what to do.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of its own")]
pub struct Alert {
    /// What it is about.
    pub cause: Cause,
    /// The service.
    pub service: String,
    /// The SLO.
    pub slo: String,
    /// The journey the SLO belongs to.
    pub journey: Option<String>,
    /// As defined. What people get is in [`audience`](Self::audience).
    pub severity: Severity,
    /// Who is to hear of it.
    pub audience: Audience,
    /// Whose numbers these are.
    pub scope: Scope,
    /// When it fired, on the instance's timeline.
    pub fired_at: Moment,
    /// What a clock on the wall showed then. It stays as it is while the alert fires.
    pub fired_wall: SystemTime,
    /// For a row, its condition with the burns it compares.
    pub evaluation: Option<Evaluation>,
    /// For a signal, its numbers.
    pub detail: Option<SignalDetail>,
    /// Why its condition cannot be judged, so that it stands as it stood.
    pub frozen: Option<Frozen>,
    /// The windows of the SLO, shortest first, the period last.
    pub windows: Vec<WindowStatus>,
    /// The error budget of the period; nothing once the SLO is removed.
    pub budget: Option<Budget>,
    /// When that runs out at the burn of the last hour.
    pub exhaustion: Exhaustion,
    /// What was counted since the far edge of the row's long window when it fired; for a signal, since then.
    pub episode: Counts,
    /// The share of the period's budget that went in this episode, at the traffic seen so far; none without events.
    pub spent: Option<f64>,
    /// Whether that is more than a fifth: such an incident is written up (SRE Workbook, appendix B).
    pub needs_post_mortem: bool,
    /// The routes with the most bad events of the SLO since its budget began to burn, most first; for a stall, the routes that
    /// stand still. At most five.
    pub routes: Vec<BadRoute>,
    /// Why events were bad or excluded since then, most first. At most five.
    pub reasons: Vec<ReasonCount>,
    /// Bad events with a trace to look at, the newest first. At most five.
    pub examples: Vec<Example>,
    /// Where to look and what to do: runbook, dashboard, traces.
    pub links: Links,
    /// Texts of the SLO for whoever reads its alerts.
    pub annotations: BTreeMap<String, String>,
    /// The labels of the definition.
    pub labels: BTreeMap<String, String>,
    /// Who answers for the service.
    pub owner: Option<String>,
    /// What was released last, as the service was told.
    pub deploy: Option<Arc<str>>,
    /// Whether it was for somebody to hear that it fires: by this process, or by the one before if this one remembers it.
    pub told: bool,
    /// If the process before this one told it, or went on telling it: until when, which is when that was last remembered. Whoever has to
    /// be told again and again may have taken it for resolved since.
    pub told_until: Option<SystemTime>,
    /// Another alert of the SLO fires that is more severe or says the same: this one keeps quiet meanwhile.
    pub suppressed: bool,
    /// Somebody has [muted](crate::Goodput::mute) it for a time.
    pub muted: bool,
}

/// A route and how many bad events of the SLO it had. Exhaustive on purpose: that is all a list of the worst shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRoute {
    /// Its template.
    pub template: String,
    /// The class of its requests, if they have one.
    pub class: Option<String>,
    /// Bad events.
    pub bad: u64,
}

impl Alert {
    /// The name for alerts of this kind: those of an instance are named apart from the fleet's, so that no rule takes one for the
    /// other.
    pub const fn name(&self) -> &'static str {
        match self.cause {
            Cause::Row(_) => "GoodputInstanceBurn",
            Cause::Signal(signal) => match signal {
                Signal::Stalled => "GoodputInstanceStalled",
                Signal::TrafficLost => "GoodputInstanceTrafficLost",
                Signal::ExcludedSurge => "GoodputInstanceExcludedSurge",
                Signal::NoData => "GoodputInstanceNoData",
                Signal::BudgetConsumed { .. } => "GoodputInstanceBudgetConsumed",
                _ => "GoodputInstanceSignal",
            },
        }
    }

    /// What it is about, against what it should be: `burn 20x over 1h and 22x over 5m, above 14.4x`.
    pub fn summary(&self) -> String {
        match (&self.cause, &self.evaluation, &self.detail) {
            (Cause::Row(row), Some(now), _) => {
                let (long, short) = (now.long, now.short);
                let needed = BurnRate::Of(row.factor());
                let how = if now.position == Position::Firing { "above" } else { "of at most" };
                format!("burn {long} over {} and {short} over {}, {how} {needed}", row.long(), row.short())
            }
            (Cause::Signal(signal), _, Some(detail)) => format!("{signal}: {detail}"),
            (Cause::Signal(Signal::Stalled), ..) => {
                let routes: Vec<_> = self.routes.iter().map(|route| route.template.as_str()).collect();
                format!("requests pile up and none finishes on {}", routes.join(", "))
            }
            (cause, ..) => cause.to_string(),
        }
    }
}

/// `fired: SLO "checkout-ok" of shop (this instance alone), page 1h/5m at 14.4x: burn …`.
impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { change, alert, .. } = self;
        let Alert { service, slo, cause, .. } = alert;
        write!(f, "{}: SLO {slo:?} of {service} (this instance alone), {cause}: {}", change.label(), alert.summary())?;
        if let Turn::Resolved(cleared) = change {
            write!(f, "; {cleared}")?;
        }
        if let Some(spent) = alert.spent.filter(|spent| *spent > 0.0) {
            write!(f, "; {:.1} % of the budget went in this episode", spent * 100.0)?;
        }
        if alert.needs_post_mortem {
            f.write_str(", which is worth a post-mortem")?;
        }
        Ok(())
    }
}
