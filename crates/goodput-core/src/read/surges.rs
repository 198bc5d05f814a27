//! Whether events are excluded for one reason far more often than usual: what the excluded events of each SLO stood at, by reason, for
//! an hour in steps of five minutes and for a day in steps of an hour. How many events there were in the same time is for history to
//! say: to a minute of the hour, and a quarter of an hour of the day.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use goodput_model::{ExcludedSurge, Reason, Verdict, excluded_surge};

use super::history::Column;
use crate::clock::Moment;
use crate::state::{Excluded, MAX_LOOKS, MAX_REASONS, SavedReason};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Surges {
    fine: VecDeque<Mark>,
    coarse: VecDeque<Mark>,
    /// What earlier processes have excluded, which the counters of this one do not hold.
    base: BTreeMap<(usize, Reason), u64>,
    /// What surged when it was looked at last, by the SLO's position.
    pub(crate) surging: BTreeMap<usize, (Reason, ExcludedSurge)>,
}

/// What was counted by a moment.
#[derive(Clone, Debug, Default)]
struct Mark {
    at: Duration,
    excluded: BTreeMap<(usize, Reason), u64>,
}

/// The most counts that are recalled of all SLOs, some 80 MB of them: a file of a few bytes may stand for very many. Where there are more,
/// what is usual is learnt again.
const MOST_RECALLED: usize = 1 << 20;

const FINE: Duration = Duration::from_secs(5 * 60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Surges {
    /// Whether it is time to look again.
    pub(crate) fn is_due(&self, now: Moment) -> bool {
        self.fine.back().is_none_or(|last| now.since_origin() >= last.at.saturating_add(FINE))
    }

    /// Looks at what every SLO has counted by now, by reason. `all_within` tells how many events of an SLO came within a time.
    pub(crate) fn look(
        &mut self,
        now: Moment,
        reasons: &[Vec<(Verdict, u64)>],
        all_within: impl Fn(usize, Duration) -> u64,
    ) {
        let mark = Mark { at: now.since_origin(), excluded: self.excluded(reasons) };
        self.surging.clear();
        if let (Some(hour), Some(day)) = (before(&self.fine, &mark, HOUR), before(&self.coarse, &mark, DAY)) {
            for (&(slo, reason), &count) in &mark.excluded {
                let since = |then: &Mark| {
                    let before = then.excluded.get(&(slo, reason)).copied().unwrap_or(0);
                    (count.saturating_sub(before), all_within(slo, mark.at.saturating_sub(then.at)))
                };
                if let Some(surge) = excluded_surge(since(hour), since(day)) {
                    let worst = self.surging.entry(slo).or_insert((reason, surge));
                    if surge.hour > worst.1.hour {
                        *worst = (reason, surge);
                    }
                }
            }
        }
        if self.coarse.back().is_none_or(|last| mark.at >= last.at.saturating_add(HOUR)) {
            push(&mut self.coarse, mark.clone(), DAY);
        }
        push(&mut self.fine, mark, HOUR);
    }

    /// What was excluded in all, by SLO and reason.
    fn excluded(&self, reasons: &[Vec<(Verdict, u64)>]) -> BTreeMap<(usize, Reason), u64> {
        let mut excluded = self.base.clone();
        for (slo, reasons) in reasons.iter().enumerate() {
            for (verdict, count) in reasons {
                if let Verdict::Excluded(reason) = verdict {
                    let all = excluded.entry((slo, *reason)).or_default();
                    *all = all.saturating_add(*count);
                }
            }
        }
        excluded
    }

    /// When it was looked, within an hour and within a day: to be remembered together with what was seen then.
    pub(crate) fn looks(&self) -> [Vec<Duration>; 2] {
        [&self.fine, &self.coarse].map(|marks| marks.iter().map(|mark| mark.at).collect())
    }

    /// What was seen of each of so many SLOs at each look, and what is so now.
    pub(crate) fn saved(&self, reasons: &[Vec<(Verdict, u64)>], slos: usize) -> Vec<Excluded> {
        let mut saved = vec![Excluded::default(); slos];
        for (key, last) in self.excluded(reasons) {
            let Some(saved) = saved.get_mut(key.0) else { continue };
            let by = |mark: &Mark| mark.excluded.get(&key).copied().unwrap_or(0);
            let counts: Vec<_> = self.fine.iter().chain(&self.coarse).map(by).chain([last]).collect();
            // Only what came between looks matters: one that gave nothing since may begin at 0 as well. Beyond as many as a file holds,
            // those that come last are forgotten.
            if counts.iter().all(|count| *count == last) || saved.reasons.len() >= MAX_REASONS {
                continue;
            }
            if let Some((reason, surge)) = self.surging.get(&key.0)
                && *reason == key.1
            {
                saved.surging = Some((saved.reasons.len(), [surge.hour, surge.day]));
            }
            saved.reasons.push(SavedReason { reason: key.1.to_string(), counts });
        }
        saved
    }

    /// Goes on from what was seen of SLOs at these looks.
    pub(crate) fn recall(&mut self, looks: [Vec<Duration>; 2], slos: impl Iterator<Item = (usize, Excluded)>) {
        let mark = |at| Mark { at, excluded: BTreeMap::new() };
        let [fine, coarse] = looks.map(|looks| looks.into_iter().map(mark).collect());
        *self = Self { fine, coarse, ..Self::default() };
        let mut recalled = 0_usize;
        for (slo, Excluded { reasons, surging }) in slos {
            recalled = reasons.iter().fold(recalled, |sum, saved| sum.saturating_add(saved.counts.len()));
            if recalled > MOST_RECALLED {
                *self = Self::default();
                return;
            }
            for (position, saved) in reasons.iter().enumerate() {
                let Some(reason) = saved.reason() else { continue };
                let mut counts = saved.counts.iter().copied();
                for (mark, count) in self.fine.iter_mut().chain(&mut self.coarse).zip(&mut counts) {
                    // None is what is not there.
                    if count > 0 {
                        mark.excluded.insert((slo, reason), count);
                    }
                }
                self.base.insert((slo, reason), counts.next().unwrap_or_default());
                if let Some((_, [hour, day])) = surging.filter(|(surging, _)| *surging == position) {
                    self.surging.insert(slo, (reason, ExcludedSurge::of_shares(hour, day)));
                }
            }
        }
    }

    /// Goes on with other SLOs: what is known of one that is as it was stays known, and one that begins has no past.
    pub(crate) fn go_on_with(&mut self, columns: &[Column]) {
        let kept = columns.iter().enumerate().filter_map(|(index, column)| match column {
            Column::Kept(position) => Some((*position, index)),
            Column::Begins(_) => None,
        });
        let kept: BTreeMap<usize, usize> = kept.collect();
        for mark in self.fine.iter_mut().chain(&mut self.coarse) {
            let excluded = std::mem::take(&mut mark.excluded).into_iter();
            mark.excluded =
                excluded.filter_map(|((slo, reason), count)| Some(((*kept.get(&slo)?, reason), count))).collect();
        }
        let base = std::mem::take(&mut self.base).into_iter();
        self.base = base.filter_map(|((slo, reason), count)| Some(((*kept.get(&slo)?, reason), count))).collect();
        let surging = std::mem::take(&mut self.surging).into_iter();
        self.surging = surging.filter_map(|(slo, surge)| Some((*kept.get(&slo)?, surge))).collect();
    }
}

/// The newest mark that is as old as that, or the oldest there is.
fn before<'a>(marks: &'a VecDeque<Mark>, now: &Mark, age: Duration) -> Option<&'a Mark> {
    let target = now.at.saturating_sub(age);
    let after = marks.partition_point(|mark| mark.at <= target);
    marks.get(after.saturating_sub(1))
}

/// Keeps one mark that is as old as `span`, and what is younger: no more than are remembered, whatever was.
fn push(marks: &mut VecDeque<Mark>, mark: Mark, span: Duration) {
    let target = mark.at.saturating_sub(span);
    while marks.get(1).is_some_and(|second| second.at <= target) || marks.len() >= MAX_LOOKS {
        marks.pop_front();
    }
    marks.push_back(mark);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks every five minutes while `rate` gives (all, excluded) events for each; returns the minutes in which it surges.
    fn run(minutes: u64, rate: impl Fn(u64) -> (u64, u64)) -> Vec<u64> {
        let (mut surges, mut excluded, mut found) = (Surges::default(), 0, Vec::new());
        let mut came = Vec::new();
        for minute in (0..minutes).step_by(5) {
            let now = Moment::at(Duration::from_secs(minute * 60));
            assert!(surges.is_due(now));
            let (more, shut_out) = rate(minute);
            came.push((minute, more));
            excluded += shut_out;
            let within = |_, time: Duration| {
                let since = minute - (time.as_secs() / 60).min(minute);
                came.iter().rev().take_while(|(minute, _)| *minute > since).map(|(_, more)| more).sum()
            };
            surges.look(now, &[vec![(Verdict::Excluded(Reason::OTHER), excluded)]], within);
            assert!(!surges.is_due(now));
            if surges.surging.contains_key(&0) {
                found.push(minute);
            }
        }
        assert!(surges.fine.len() <= 14 && surges.coarse.len() <= 26, "{} {}", surges.fine.len(), surges.coarse.len());
        found
    }

    #[test]
    fn a_reason_that_excludes_far_more_than_usual_surges_until_that_is_usual() {
        // A percent, and from the third day on a half.
        let found = run(4 * 1_440, |minute| (1_000, if minute < 2 * 1_440 { 10 } else { 500 }));
        let (first, last) = (*found.first().unwrap(), *found.last().unwrap());
        assert!((2 * 1_440..2 * 1_440 + 15).contains(&first), "{first}");
        // 41.7 % of an hour is above five times the day's share until a fifth of the day was like that.
        assert!((2 * 1_440 + 240..2 * 1_440 + 360).contains(&last), "{last}");
    }

    #[test]
    fn a_reload_forgets_no_surge_of_an_slo_that_is_as_it_was() {
        let (mut surges, mut excluded, mut found) = (Surges::default(), [0_u64; 2], Vec::new());
        let mut came: Vec<[u64; 2]> = Vec::new();
        // The second of two SLOs is the only one from the third day on, when half of its events begin to be excluded; a new one takes
        // the second place.
        for step in 0..650 {
            let now = Moment::at(FINE * step);
            let index = usize::from(step < 600);
            if step == 600 {
                surges.go_on_with(&[Column::Kept(1), Column::Begins(goodput_model::Counts::default())]);
                excluded = [excluded[1], 0];
                for came in &mut came {
                    *came = [came[1], 0];
                }
            }
            let mut more = [1_000; 2];
            more[index] = if step < 590 { 505 } else { 1_000 };
            excluded[index] += more[index] - 500;
            excluded[1 - index] += 500;
            came.push(more);
            let reasons = excluded.map(|count| vec![(Verdict::Excluded(Reason::OTHER), count)]);
            surges.look(now, &reasons, |slo, time| {
                let steps = (time.as_nanos() / FINE.as_nanos()) as usize;
                came.iter().rev().take(steps).map(|came| came[slo]).sum()
            });
            assert!(!surges.surging.contains_key(&(1 - index)), "{step}");
            found.extend(surges.surging.contains_key(&index).then_some(step));
        }
        // From when it began until a tenth of the day's events were excluded, 29 steps later, without a break.
        assert_eq!((found.first(), found.last()), (Some(&590), Some(&619)), "{found:?}");
        assert!(found.is_sorted_by(|a, b| a + 1 == *b), "{found:?}");
    }

    #[test]
    fn what_was_always_so_is_no_surge_nor_is_a_handful() {
        assert!(run(3_000, |_| (1_000, 500)).is_empty());
        assert!(run(3_000, |minute| (1_000, u64::from(minute == 2_000) * 49)).is_empty());
        assert_eq!(run(3_000, |minute| (1_000, u64::from(minute == 2_000) * 50)).first(), Some(&2_000));
    }
}
