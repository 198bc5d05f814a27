//! The alarms of every SLO, stepped at ticks: which conditions hold, which alerts fire, and what of that somebody has to be told.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use goodput_model::{
    Alarm, Cleared, Counts, Evaluation, Found, Frozen, MinBad, Observation, Row, Signal, Step, UnseenTime, Window,
    evaluate,
};

use super::history::{Column, Edge};
use super::monitor::WatchedSlo;
use super::signals::{SignalDetail, Signals, frozen_at_most};
use crate::alert::{Cause, Mutes, Turn};
use crate::clock::Moment;
use crate::state::Told;

mod recall;
mod speakers;

use speakers::Speakers;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Alarms {
    /// The rows of all SLOs, in their order.
    standings: Vec<Standing>,
    /// What there is to remember; of most rows and signals there is nothing.
    episodes: BTreeMap<Key, Episode>,
    pub(crate) mutes: Mutes,
    told: u64,
}

/// An SLO's position in the definition, and what of it.
type Key = (u32, What);

/// Which of an SLO's alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// The position of the row in the policy.
    Row(u16),
    /// The position in [`Signal::ALL`].
    Signal(u8),
}

/// An alarm that is not quiet, with what it takes to tell of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Episode {
    pub(crate) alarm: Alarm,
    /// When it fired, by the wall.
    pub(crate) fired_wall: SystemTime,
    /// What the SLO's counters stood at where the episode begins.
    pub(crate) base: Counts,
    pub(crate) detail: Option<SignalDetail>,
    pub(crate) suppressed: bool,
    pub(crate) muted: bool,
    /// Whether its firing was told.
    pub(crate) told: Told,
    /// If that was in an earlier process, so lately that it may still be known: when that process was last remembered, by the wall.
    pub(crate) told_until: Option<SystemTime>,
}

/// What happened to one alert at a tick.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) number: u64,
    key: Key,
    pub(crate) slo: String,
    pub(crate) cause: Cause,
    pub(crate) change: Turn,
    pub(crate) notifies: bool,
    /// As it stood just before, if it is over now.
    pub(crate) episode: Episode,
}

/// What a tick looks at.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) now: Moment,
    pub(crate) wall: SystemTime,
    /// The far edges of all windows, in the monitor's order.
    pub(crate) edges: &'a [(Window, Edge<'a>)],
    pub(crate) counts: &'a [Counts],
    pub(crate) slos: &'a [WatchedSlo],
}

impl<'a> View<'a> {
    /// The far edge of a window, if it is one that is looked at.
    pub(super) fn edge(&self, window: Window) -> Option<&'a Edge<'a>> {
        let place = self.edges.binary_search_by_key(&window, |(window, _)| *window).ok()?;
        self.edges.get(place).map(|(_, edge)| edge)
    }

    /// One window of an SLO, if it is one that is looked at.
    pub(super) fn observe(&self, index: usize, window: Window) -> Option<Observation> {
        Some(self.edge(window)?.observe(window, self.now, index, *self.counts.get(index)?))
    }
}

/// Where one row of one SLO is found, and what a tick has to look at to know where it stands: small, as a tick walks through all of
/// them.
#[derive(Debug)]
struct Standing {
    /// Positions in the definition and in its policy.
    slo: u32,
    row: u16,
    /// Whether there is an episode of it.
    is_tracked: bool,
    /// Positions among the monitor's windows.
    long: u32,
    short: u32,
    /// Unless more of the events seen in the long window were bad, the row does not hold, whatever else is true: time that
    /// nobody saw adds no burn.
    least_bad_ratio: f32,
}

/// Far more than floating point can be wrong by, and less than matters for how often a row is looked at closely.
const LENIENCE: f64 = 0.999;

impl Alarms {
    /// The alarms of these SLOs; `windows` are the monitor's, shortest first.
    pub(crate) fn new(slos: &[WatchedSlo], windows: &[Window]) -> Self {
        let standings = slos.iter().enumerate().flat_map(|(index, slo)| standings(index, slo, windows));
        Self { standings: standings.collect(), ..Self::default() }
    }

    /// Steps every alarm, and tells what changed.
    pub(crate) fn tick(&mut self, view: &View<'_>, signals: &Signals) -> Vec<Event> {
        self.mutes.expire(view.now);
        let mut events = Vec::new();
        let (standings, episodes) = (&mut self.standings, &mut self.episodes);
        for standing in standings {
            if !standing.is_tracked && !standing.may_hold(view) {
                continue;
            }
            let key = (standing.slo, What::Row(standing.row));
            let was = episodes.get(&key).map(|episode| episode.alarm).unwrap_or_default();
            let Some((row, found, long)) = standing.find(view, was) else { continue };
            let base = || {
                let live = view.counts.get(standing.slo as usize).copied().unwrap_or_default();
                live.since(long.counts)
            };
            let step = Stepped { cause: Cause::Row(row), found, limit: long.window.duration(), detail: None };
            standing.is_tracked = step.take(view, key, episodes, base, &mut events);
        }
        self.tick_signals(view, signals, &mut events);
        self.hush(view, &mut events);
        for event in &mut events {
            self.told = self.told.saturating_add(1);
            event.number = self.told;
        }
        events
    }

    fn tick_signals(&mut self, view: &View<'_>, signals: &Signals, events: &mut Vec<Event>) {
        let holds = signals.find(view);
        let known: Vec<Key> =
            self.episodes.keys().filter(|(_, what)| matches!(what, What::Signal(_))).copied().collect();
        let found = |key: &Key| holds.iter().find(|held| held.0 == key.0 && What::Signal(held.1) == key.1);
        let new = holds.iter().map(|(slo, signal, _)| (*slo, What::Signal(*signal)));
        let new: Vec<Key> = new.filter(|key| !self.episodes.contains_key(key)).collect();
        for key in known.into_iter().chain(new) {
            let What::Signal(place) = key.1 else { continue };
            let Some(signal) = Signal::ALL.get(usize::from(place)).copied() else { continue };
            let held = found(&key);
            let unknown = if held.is_some() { None } else { signals.unknown(view, key.0 as usize, signal) };
            let over =
                || Found { frozen: unknown.map(|(why, _)| why), ..Found::inactive(why_over(view, key.0, signal)) };
            let step = Stepped {
                cause: Cause::Signal(signal),
                found: if held.is_some() { Found::active() } else { over() },
                limit: unknown.map_or(Duration::ZERO, |(_, limit)| limit),
                detail: held.and_then(|(.., detail)| *detail),
            };
            let base = || view.counts.get(key.0 as usize).copied().unwrap_or_default();
            step.take(view, key, &mut self.episodes, base, events);
        }
    }

    /// Keeps quiet about what another alert of the same SLO speaks for, as it is more severe or says the same, or what is muted; and
    /// tells of what no longer is.
    fn hush(&mut self, view: &View<'_>, events: &mut Vec<Event>) {
        let causes: Vec<_> = self
            .episodes
            .iter()
            .filter(|(_, episode)| episode.alarm.is_firing())
            .filter_map(|(key, _)| Some((*key, cause(*key, view.slos)?)))
            .collect();
        let speakers = Speakers::among(causes.iter().map(|(key, cause)| (*key, cause)));
        // Of those that fired just now, where their events are.
        let fired = events.iter().enumerate().filter(|(_, event)| event.change == Turn::Fired);
        let fired: BTreeMap<Key, usize> = fired.map(|(place, event)| (event.key, place)).collect();
        for (key, cause) in causes {
            let own = fired.get(&key).copied();
            let (Some(episode), Some(slo)) = (self.episodes.get_mut(&key), view.slos.get(key.0 as usize)) else {
                continue;
            };
            episode.suppressed = speakers.speak_for(key, &cause);
            episode.muted = self.mutes.holds_for(&slo.name, view.now);
            let is_loud = !episode.suppressed && !episode.muted;
            if is_loud && episode.told == Told::Lapsed {
                episode.told = Told::Yes; // by level, from here on again
            }
            if episode.told.is_told() || !is_loud {
                // The event of its own firing tells what it is now.
                if let Some(event) = own.and_then(|place| events.get_mut(place)) {
                    event.episode = *episode;
                }
                continue;
            }
            episode.told = Told::Yes;
            if let Some(event) = own.and_then(|place| events.get_mut(place)) {
                (event.notifies, event.episode) = (true, *episode);
            } else {
                let mut event = Event::new(key, &slo.name, cause, Turn::Emerged, *episode);
                event.notifies = true;
                events.push(event);
            }
        }
    }

    /// Goes on with other SLOs. What an SLO and a row have in common with what was goes on; what fires and is gone, is over.
    pub(crate) fn go_on_with(
        &mut self,
        columns: &[Column],
        former: &[WatchedSlo],
        slos: &[WatchedSlo],
        windows: &[Window],
    ) -> Vec<Event> {
        let episodes = std::mem::take(&mut self.episodes);
        let place = |key: Key| -> Option<Key> {
            let kept = |column: &Column| matches!(column, Column::Kept(position) if *position == key.0 as usize);
            let index = columns.iter().position(kept)?;
            let slo = slos.get(index)?;
            let what = match (key.1, cause(key, former)?) {
                (What::Row(_), Cause::Row(row)) => {
                    What::Row(u16::try_from(slo.policy.rows().iter().position(|other| other.asks_as(&row))?).ok()?)
                }
                (what, _) => what,
            };
            Some((u32::try_from(index).ok()?, what))
        };
        let mut events = Vec::new();
        for (key, episode) in episodes {
            match place(key) {
                Some(key) => drop(self.episodes.insert(key, episode)),
                None if episode.alarm.is_firing() => {
                    let Some((slo, cause)) = former.get(key.0 as usize).zip(cause(key, former)) else { continue };
                    let mut event = Event::new(key, &slo.name, cause, Turn::Resolved(Cleared::Removed), episode);
                    event.notifies = episode.told.is_told();
                    self.told = self.told.saturating_add(1);
                    event.number = self.told;
                    events.push(event);
                }
                None => {}
            }
        }
        self.standings = slos.iter().enumerate().flat_map(|(index, slo)| standings(index, slo, windows)).collect();
        for standing in &mut self.standings {
            standing.is_tracked = self.episodes.contains_key(&(standing.slo, What::Row(standing.row)));
        }
        events
    }

    /// Where the rows of SLO `index` stand, in their order.
    pub(crate) fn of_rows(&self, index: usize, rows: usize) -> impl Iterator<Item = Option<&Episode>> {
        let slo = u32::try_from(index).unwrap_or(u32::MAX);
        (0..rows).map(move |row| self.episodes.get(&(slo, What::Row(u16::try_from(row).ok()?))))
    }

    /// Where the signals of SLO `index` stand that do not rest.
    pub(crate) fn of_signals(&self, index: usize) -> impl Iterator<Item = (Signal, &Episode)> {
        let slo = u32::try_from(index).unwrap_or(u32::MAX);
        let own = self.episodes.range((slo, What::Signal(0))..=(slo, What::Signal(u8::MAX)));
        own.filter_map(|((_, what), episode)| match what {
            What::Signal(place) => Some((*Signal::ALL.get(usize::from(*place))?, episode)),
            What::Row(_) => None,
        })
    }

    /// What fires, in the order of the SLOs, as far as it is known `now`, so long after the last tick: what may be frozen for less is
    /// over, and speaks for nothing else.
    pub(crate) fn firing(&self, slos: &[WatchedSlo], now: Moment, stale: Duration) -> Vec<Event> {
        let firing = self.episodes.iter().filter(|(_, episode)| episode.alarm.is_firing());
        let firing = firing.filter_map(|(key, episode)| {
            let (slo, cause) = (slos.get(key.0 as usize)?, cause(*key, slos)?);
            let may_be_frozen = match cause {
                Cause::Row(row) => row.long().duration(),
                Cause::Signal(signal) => frozen_at_most(signal, slo),
            };
            let mut event = Event::new(*key, &slo.name, cause, Turn::Fired, *episode);
            event.notifies = episode.told.is_told();
            event.episode.muted &= self.mutes.holds_for(&slo.name, now);
            (stale <= may_be_frozen).then_some(event)
        });
        let mut firing: Vec<_> = firing.collect();
        let speakers = Speakers::among(firing.iter().map(|event| (event.key, &event.cause)));
        for event in &mut firing {
            event.episode.suppressed &= speakers.speak_for(event.key, &event.cause);
        }
        firing
    }

    /// Whether nothing fires or is about to, but for budgets that are gone: those stay so for weeks, and what goes wrong meanwhile
    /// is another episode.
    pub(crate) fn is_quiet(&self) -> bool {
        let lasts = |what: What| {
            let What::Signal(place) = what else { return false };
            matches!(Signal::ALL.get(usize::from(place)), Some(Signal::BudgetConsumed { .. }))
        };
        self.episodes.keys().all(|(_, what)| lasts(*what))
    }
}

impl Event {
    fn new(key: Key, slo: &str, cause: Cause, change: Turn, episode: Episode) -> Self {
        Self { number: 0, key, slo: slo.to_owned(), cause, change, notifies: false, episode }
    }
}

/// Why a signal holds no longer. Where traffic was lost and there is none, only what was usual has become less.
fn why_over(view: &View<'_>, slo: u32, signal: Signal) -> Cleared {
    let is_of_traffic = matches!(signal, Signal::TrafficLost | Signal::NoData);
    let is_silent = || view.observe(slo as usize, Window::M5).is_some_and(|seen| seen.counts.valid() == 0);
    if is_of_traffic && is_silent() { Cleared::TrafficGone } else { Cleared::Over }
}

fn cause(key: Key, slos: &[WatchedSlo]) -> Option<Cause> {
    Some(match key.1 {
        What::Row(row) => Cause::Row(*slos.get(key.0 as usize)?.policy.rows().get(usize::from(row))?),
        What::Signal(place) => Cause::Signal(*Signal::ALL.get(usize::from(place))?),
    })
}

/// What was found of one alert.
struct Stepped {
    cause: Cause,
    found: Found,
    /// For how long it may be frozen.
    limit: Duration,
    detail: Option<SignalDetail>,
}

impl Stepped {
    /// Steps the alarm, and tells whether there is something to remember of it.
    fn take(
        self,
        view: &View<'_>,
        key: Key,
        episodes: &mut BTreeMap<Key, Episode>,
        base: impl FnOnce() -> Counts,
        events: &mut Vec<Event>,
    ) -> bool {
        let known = episodes.get(&key).copied();
        let mut alarm = known.map(|episode| episode.alarm).unwrap_or_default();
        let step = alarm.step(view.now.since_origin(), self.found, self.cause.timing(), self.limit);
        let mut episode = match known {
            Some(episode) => Episode { alarm, detail: self.detail.or(episode.detail), ..episode },
            None => Episode {
                alarm,
                fired_wall: view.wall,
                base: Counts::default(),
                detail: self.detail,
                suppressed: false,
                muted: false,
                told: Told::No,
                told_until: None,
            },
        };
        match step {
            Some(Step::Fired) => (episode.fired_wall, episode.base) = (view.wall, base()),
            // It may be remembered on, as it is frozen: people have not heard of the next time that it fires.
            Some(Step::Resolved(_)) => (episode.told, episode.told_until) = (Told::No, None),
            None => {}
        }
        let change = step.map(|step| match step {
            Step::Fired => Turn::Fired,
            Step::Resolved(cleared) => Turn::Resolved(cleared),
        });
        if let Some((change, slo)) = change.zip(view.slos.get(key.0 as usize)) {
            // What is over is told with the memory of when it fired.
            let told = known.filter(|_| change != Turn::Fired).unwrap_or(episode);
            let mut event = Event::new(key, &slo.name, self.cause, change, told);
            event.notifies = change != Turn::Fired && told.told.is_told();
            events.push(event);
        }
        let is_quiet = alarm.is_quiet();
        if is_quiet {
            episodes.remove(&key);
        } else {
            episodes.insert(key, episode);
        }
        !is_quiet
    }
}

fn standings(index: usize, slo: &WatchedSlo, windows: &[Window]) -> Vec<Standing> {
    let place = |window| u32::try_from(windows.binary_search(&window).ok()?).ok();
    let rows = slo.policy.rows().iter().enumerate().filter_map(|(position, row)| {
        Some(Standing {
            slo: u32::try_from(index).ok()?,
            row: u16::try_from(position).ok()?,
            is_tracked: false,
            long: place(row.long())?,
            short: place(row.short())?,
            least_bad_ratio: (row.error_ratio() * LENIENCE) as f32,
        })
    });
    rows.collect()
}

impl Standing {
    /// Two numbers of the long window tell nearly always that a row does not hold; only where they leave it open is it judged.
    fn may_hold(&self, view: &View<'_>) -> bool {
        let index = self.slo as usize;
        let (Some((_, long)), Some(live)) = (view.edges.get(self.long as usize), view.counts.get(index)) else {
            return false;
        };
        let seen = long.counts_since(index, *live);
        seen.bad as f64 > f64::from(self.least_bad_ratio) * seen.valid() as f64
    }

    /// The row, what is found of it, and its long window.
    fn find(&self, view: &View<'_>, was: Alarm) -> Option<(Row, Found, Observation)> {
        let index = self.slo as usize;
        let slo = view.slos.get(index)?;
        let row = slo.policy.rows().get(usize::from(self.row))?;
        let live = *view.counts.get(index)?;
        let observe = |place: u32| {
            let (window, edge) = view.edges.get(place as usize)?;
            Some((edge.observe(*window, view.now, index, live), edge.age_of(index, view.now)))
        };
        let ((long, age), (short, _)) = (observe(self.long)?, observe(self.short)?);
        let evaluation = judge(slo, row, &long, &short, was.is_active());
        let frozen = frozen(slo, row, (&long, &short), &evaluation, was, age);
        let cleared = evaluation.cleared.unwrap_or(Cleared::Over);
        Some((*row, Found { active: evaluation.active, cleared, frozen }, long))
    }
}

pub(super) fn judge(
    slo: &WatchedSlo,
    row: &Row,
    long: &Observation,
    short: &Observation,
    was_active: bool,
) -> Evaluation {
    evaluate(row, slo.objective, long, short, slo.min_bad, slo.unseen, was_active)
}

/// Why it cannot be told whether the row holds, of an SLO that has been counted for `age`.
fn frozen(
    slo: &WatchedSlo,
    row: &Row,
    (long, short): (&Observation, &Observation),
    found: &Evaluation,
    was: Alarm,
    age: Duration,
) -> Option<Frozen> {
    let unseen = |seen: &Observation| {
        let young = age < seen.window.duration();
        (!seen.is_nearly_full()).then_some(if young { Frozen::Filling } else { Frozen::Gap })
    };
    if slo.unseen == UnseenTime::Freeze
        && let Some(reason) = unseen(long).or_else(|| unseen(short))
    {
        return Some(reason);
    }
    if found.active {
        return found.silent.then_some(Frozen::NoData);
    }
    if !was.is_active() {
        return None;
    }
    // It held, and as far as both windows were seen it still does, or the short one says nothing: then it is the time that nobody saw
    // that it would end by, and no recovery.
    let reason = unseen(short).or_else(|| unseen(long))?;
    // There were enough bad events before; how many of them are seen now says nothing.
    let as_seen = evaluate(row, slo.objective, long, short, MinBad::AtLeast(0), UnseenTime::Partial, true);
    (as_seen.active || (as_seen.silent && unseen(short).is_some())).then_some(reason)
}
