//! A replay from beginning to end: what comes before, what is watched, what comes after.

use std::ops::ControlFlow;
use std::time::{Duration, SystemTime};

use goodput_core::{Counts, Row, Window};
use jiff::Timestamp;

use super::args::{History, Replay};
use super::feed::Feed;
use super::interval::Interval;
use super::outage::Outage;
use super::plan::Plan;
use super::player::Player;
use super::report::{Alert, Answer, Condition, Described, Events, KeepsFiring, Signalled};
use super::samples::Samples;
use super::subject::Subject;
use super::watch::Watch;
use crate::failure::Failure;

const SCHEMA: &str = "goodput/replay/1";
const SECOND: Duration = Duration::from_secs(1);

/// What came of it: for the answer, and for the chart.
#[derive(Debug)]
pub(super) struct Replayed {
    pub(super) answer: Answer,
    pub(super) rows: Vec<Row>,
    pub(super) watch: Watch,
    pub(super) lasted: Duration,
}

/// An outage after a clean history or none, and then traffic without errors until every alert is resolved.
pub(super) fn described(args: &Replay, subject: Subject, outage: &Outage) -> Result<Replayed, Failure> {
    let usual = Settings {
        tick: if args.plan == Plan::Dense { Plan::finest(subject.period) } else { 10 * SECOND },
        history: History::Clean,
        keeps_firing: KeepsFiring::For(Duration::ZERO),
    };
    let settings = usual.but_for(args);
    let stage = Stage::new(args, subject, settings, None)?;
    if settings.history == History::Clean {
        stage.pass_clean(|length| outage.clean(length));
    }
    let mut watch = stage.watch(args);
    // It has never seen enough by then.
    let _ = stage.player.play(&outage.interval(), &mut watch);
    watch.until_quiet = true;
    let _ = stage.player.play(&outage.clean(stage.patience()), &mut watch);
    let described =
        Described { error_ratio: outage.errors.ratio(), seconds: outage.lasting.secs(), rate: outage.rate.to_string() };
    Ok(stage.end(args, watch, Some(described)))
}

/// A recording, and nothing after it.
pub(super) fn recorded(args: &Replay, subject: Subject, feed: Feed) -> Result<Replayed, Failure> {
    let usual = Settings { tick: 10 * SECOND, history: History::None, keeps_firing: KeepsFiring::AsUsual };
    let settings = usual.but_for(args);
    let Feed { began, intervals } = feed;
    let mut intervals = intervals.peekable();
    let stage = Stage::new(args, subject, settings, Some(began))?;
    if let (History::Clean, Some(Ok(first))) = (settings.history, intervals.peek()) {
        let first = *first;
        stage.pass_clean(|length| first.without_errors(length));
    }
    let mut watch = stage.watch(args);
    let mut total = Counts::default();
    for interval in intervals {
        let interval = interval?;
        total += interval.counts;
        if total.total() > MOST_EVENTS {
            return Err(Failure::Recording(format!("more than {MOST_EVENTS} events: expected fewer in one recording")));
        }
        if stage.player.play(&interval, &mut watch) == ControlFlow::Break(()) {
            break;
        }
    }
    Ok(stage.end(args, watch, None))
}

/// Far from where counters end.
const MOST_EVENTS: u64 = 1 << 62;

/// What is usual for one kind of replay, or was asked for instead.
#[derive(Clone, Copy, Debug)]
struct Settings {
    tick: Duration,
    history: History,
    keeps_firing: KeepsFiring,
}

impl Settings {
    fn but_for(self, args: &Replay) -> Self {
        Self {
            tick: args.tick.map_or(self.tick, Window::duration),
            history: args.history.unwrap_or(self.history),
            keeps_firing: args.keep_firing.unwrap_or(self.keeps_firing),
        }
    }
}

/// The engine, and what it is about.
#[derive(Debug)]
struct Stage {
    subject: Subject,
    settings: Settings,
    player: Player,
    began: Option<Timestamp>,
}

impl Stage {
    fn new(args: &Replay, subject: Subject, settings: Settings, began: Option<Timestamp>) -> Result<Self, Failure> {
        let slots = args.plan.slots(settings.tick, subject.period)?;
        let history = if settings.history == History::Clean { whole(&subject) } else { Duration::ZERO };
        let wall = began.map_or(SystemTime::UNIX_EPOCH, SystemTime::from);
        // Before 1970 there is nothing to be calculated from.
        let wall = wall.checked_sub(history).unwrap_or(SystemTime::UNIX_EPOCH);
        let player = Player::new(&subject, slots, settings.tick, wall, settings.keeps_firing)?;
        Ok(Self { subject, settings, player, began })
    }

    /// A whole period without errors. Alerts look back through its last days, so that those are ticked through as what
    /// follows; what only the period reaches back to, once a minute.
    fn pass_clean(&self, clean: impl Fn(Duration) -> Interval) {
        const COARSELY: Duration = Duration::from_secs(60);
        let whole = whole(&self.subject);
        let finely = longest(self.subject.policy.rows()).min(whole);
        self.player.pass(&clean(whole.saturating_sub(finely)), COARSELY.max(self.settings.tick));
        self.player.pass(&clean(finely), self.settings.tick);
    }

    fn watch(&self, args: &Replay) -> Watch {
        Watch::new(&self.player, args.chart.as_ref().map(|_| Samples::new(self.settings.tick)))
    }

    /// How long any alert can go on after the last error.
    fn patience(&self) -> Duration {
        const LONGEST_KEPT: Duration = Duration::from_secs(3_600);
        let kept = match self.settings.keeps_firing {
            KeepsFiring::AsUsual => LONGEST_KEPT,
            KeepsFiring::For(kept) => kept,
        };
        // On a coarse plan the far edge of a window lies back by up to a slot more.
        longest(self.subject.policy.rows()).saturating_mul(2).saturating_add(kept)
    }

    fn end(self, args: &Replay, watch: Watch, outage: Option<Described>) -> Replayed {
        let Self { subject, settings, player, began } = self;
        let lasted = watch.since_zero(player.now());
        let status = player.goodput().status();
        let slo = status.slos.first();
        let counted = slo.map(|slo| slo.counts).unwrap_or_default();
        // With the timing that the engine gave them.
        let rows: Vec<_> = slo.iter().flat_map(|slo| &slo.conditions).map(|condition| condition.row).collect();
        let answer = Answer {
            schema: SCHEMA,
            kind: if outage.is_some() { "outage" } else { "recording" },
            slo: subject.name.clone(),
            objective: subject.objective.to_string(),
            period: subject.period.to_string(),
            plan: args.plan.label(),
            tick_seconds: settings.tick.as_secs_f64(),
            history: settings.history.label(),
            outage,
            began_at: began.map(|began| began.to_string()),
            lasted_seconds: lasted.as_secs_f64(),
            events: Events::of(counted.since(watch.before)),
            budget_spent: slo.and_then(|slo| slo.budget.spent()),
            alerts: watch.episodes.iter().filter_map(|episode| Alert::of(episode, began)).collect(),
            signals: watch.episodes.iter().filter_map(|episode| Signalled::of(episode, began)).collect(),
            conditions: rows.iter().map(|row| Condition::of(row, &watch.episodes)).collect(),
            keeps_firing: settings.keeps_firing,
        };
        Replayed { answer, rows, watch, lasted }
    }
}

/// The period at its longest.
fn whole(subject: &Subject) -> Duration {
    subject.period.longest().duration()
}

/// The longest window that alerts look back through; none without alerts.
fn longest(rows: &[Row]) -> Duration {
    rows.iter().map(|row| row.long().duration()).max().unwrap_or_default()
}
