//! Slots of time, by which events in flight are told apart by age without a timer of their own.
//!
//! Time is cut into slots; a ring of 16 places counts the events that began and ended in each. An event remembers its slot
//! and ends there while its slot is one of the last 15; after that it ends among the *old*. One slot before a place is used
//! again, whatever has not ended there is carried to the old, so that a place never means two slots at once: on a plain
//! ring, a request stuck for 196 s looks 4 s old.
//!
//! Slots follow one another one by one, whenever a tick finds the present one full. A late tick makes a slot longer, never
//! skips one. So an event that read the slot just before it changed has a whole slot's time left to end there.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use super::shard::Shard;

/// How many places the ring has.
pub(crate) const SLOTS: usize = 16;
/// Events of slots at least so many slots back end among the old.
const OLD: i32 = 15;

/// The number of a slot since the beginning. Wraps after 2^32 slots: of ten seconds each, in 1,361 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(u32);

impl Slot {
    pub(crate) const fn numbered(number: u32) -> Self {
        Self(number)
    }

    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    /// Its place on the ring.
    #[inline]
    pub(crate) const fn place(self) -> usize {
        self.0 as usize % SLOTS
    }
}

/// The present slot, read by every event twice and written by ticks.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Present(AtomicU32);

impl Present {
    /// Relaxed: a number that stands for itself. One that is a little behind makes an event look older, by as much.
    #[inline]
    pub(crate) fn read(&self) -> Slot {
        Slot(self.0.load(Ordering::Relaxed))
    }

    /// Goes on to the next slot. Relaxed: as above.
    pub(crate) fn advance(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The events of one route and shard that ended, by the slot they began in.
///
/// 32 bits each: only differences are looked at, and those are events in flight.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Ended([AtomicU32; SLOTS]);

impl Ended {
    pub(super) fn new() -> Self {
        Self([const { AtomicU32::new(0) }; SLOTS])
    }

    /// `count` events that began in slot `began` end in slot `now`; among the `old` of their route if theirs is no longer on the
    /// ring. Release: pairs with the Acquire of the readers, so that whoever sees an end sees its beginning.
    #[inline]
    pub(super) fn end_release(&self, shard: Shard, (began, now): (Slot, Slot), count: u64, old: &AtomicU64) {
        // An event that began in a slot this thread has not heard of yet began just now.
        let age = now.0.wrapping_sub(began.0).cast_signed();
        if age < OLD {
            if let Some(cell) = self.0.get(began.place()) {
                shard.add_small(cell, count as u32, Ordering::Release); // modulo 2^32, as the beginnings are taken
            }
        } else {
            end_old(old, count);
        }
    }

    pub(super) fn in_acquire(&self, place: usize) -> u32 {
        self.0.get(place).map_or(0, |cell| cell.load(Ordering::Acquire))
    }
}

/// Few, so that all shards share one.
#[cold]
fn end_old(old: &AtomicU64, count: u64) {
    old.fetch_add(count, Ordering::Release);
}

/// When the slots on the ring began, in time awake since the beginning of the timeline.
#[derive(Debug)]
pub(crate) struct SlotTimes {
    present: u32,
    began: [Duration; SLOTS],
    width: Duration,
}

impl SlotTimes {
    /// Slots at least this wide, the first of which begins at `now`.
    pub(crate) fn new(now: Duration, width: Duration) -> Self {
        Self { present: 0, began: [now; SLOTS], width }
    }

    /// Slots are at least this wide from the present one on.
    pub(crate) fn set_width(&mut self, width: Duration) {
        self.width = width;
    }

    /// Whether the present slot is full.
    pub(crate) fn is_over(&self, now: Duration) -> bool {
        now.saturating_sub(self.began_at(self.present)) >= self.width
    }

    /// The place that is used next, and when the slot it stands for so far ended.
    pub(crate) fn next_place(&self) -> (usize, Duration) {
        let oldest = self.present.wrapping_add(1);
        (oldest as usize % SLOTS, self.began_at(oldest.wrapping_add(1)))
    }

    /// The next slot begins.
    pub(crate) fn advance(&mut self, now: Duration) {
        self.present = self.present.wrapping_add(1);
        if let Some(began) = self.began.get_mut(self.present as usize % SLOTS) {
            *began = now;
        }
    }

    fn began_at(&self, slot: u32) -> Duration {
        self.began.get(slot as usize % SLOTS).copied().unwrap_or_default()
    }

    /// The places from the oldest slot to the present one, each with how long ago at least its events began.
    fn ages(&self, now: Duration) -> impl Iterator<Item = (usize, Duration)> {
        (1..=SLOTS as u32).map(move |offset| {
            let slot = self.present.wrapping_add(offset);
            let ended = if offset == SLOTS as u32 { now } else { self.began_at(slot.wrapping_add(1)) };
            (slot as usize % SLOTS, now.saturating_sub(ended))
        })
    }
}

/// What was carried off the ring of one route, and when something last ended there: behind a lock that only ticks and
/// readers take.
#[derive(Debug, Default)]
pub(super) struct Carried {
    /// By place, modulo 2^32.
    places: [u32; SLOTS],
    /// How many events had been carried in all from slots that had ended by then, oldest first.
    log: Vec<(Duration, u64)>,
    /// How many ended on the ring when they had been carried off it already.
    ended_late: u64,
    /// How many had finished when that was last looked at, and since when it is that many.
    finished: u64,
    finished_since: Duration,
}

/// The most entries of the log; beyond it two neighbours are merged, and their events taken for the younger.
const LOG: usize = 64;

impl Carried {
    fn in_flight(&self, place: usize, begun: u64, ended: u32) -> u32 {
        let carried = self.places.get(place).copied().unwrap_or(0);
        let left = (begun as u32).wrapping_sub(ended).wrapping_sub(carried).cast_signed();
        // Less than nothing is an end that came after it was carried.
        u32::try_from(left).unwrap_or(0)
    }

    /// Carries what is left in `place`, whose slot ended at `ended_at`, to the old.
    pub(super) fn carry(&mut self, place: usize, ended_at: Duration, begun: u64, ended: u32, ended_old: u64) {
        let Some(carried) = self.places.get_mut(place) else { return };
        let left = (begun as u32).wrapping_sub(ended).wrapping_sub(*carried).cast_signed();
        *carried = carried.wrapping_add_signed(left);
        // Ends that came after their events were carried are ends among the old.
        self.ended_late = self.ended_late.saturating_add(u64::from(left.min(0).unsigned_abs()));
        let Some(left) = u32::try_from(left).ok().filter(|left| *left > 0) else { return };
        let so_far = self.log.last().map_or(0, |(_, count)| *count);
        if self.log.len() == LOG {
            let gone = ended_old.saturating_add(self.ended_late);
            self.log.retain(|(_, carried)| *carried > gone);
        }
        if self.log.len() == LOG {
            // Where it takes the smallest part of their age from the events that are then taken for younger.
            let lost = |(index, around): (usize, &[(Duration, u64)])| {
                let [(from, _), _, (to, _)] = around else { return None };
                let (span, age) = (to.saturating_sub(*from), ended_at.saturating_sub(*from));
                Some((span.as_nanos().saturating_mul(1 << 20) / age.as_nanos().max(1), index + 1))
            };
            if let Some((_, entry)) = self.log.windows(3).enumerate().filter_map(lost).min() {
                self.log.remove(entry);
            }
        }
        self.log.push((ended_at, so_far.saturating_add(u64::from(left))));
    }

    /// The events in flight, by how long ago at least they began, oldest first.
    ///
    /// Which of the old have ended is not known, only how many: it is taken to be those that were carried first.
    pub(super) fn ages(
        &self,
        times: &SlotTimes,
        now: Duration,
        ended_old: u64,
        read: impl Fn(usize) -> (u64, u32),
    ) -> Vec<(Duration, u64)> {
        let places = times.ages(now).map(|(place, age)| {
            let (begun, ended) = read(place);
            (age, u64::from(self.in_flight(place, begun, ended)))
        });
        let mut places = places.collect::<Vec<_>>().into_iter();
        // What is left of the oldest slot has not been carried yet, but its events end among the old already.
        let (_, carried) = self.log.last().copied().unwrap_or_default();
        let oldest = places.next().map(|(age, left)| (age, carried.saturating_add(left)));
        let log = self.log.iter().map(|(ended_at, carried)| (now.saturating_sub(*ended_at), *carried));
        let mut gone = ended_old.saturating_add(self.ended_late);
        let old = log.chain(oldest).map(|(age, carried)| {
            let left = carried.saturating_sub(gone);
            gone = gone.max(carried);
            (age, left)
        });
        old.chain(places).filter(|(_, left)| *left > 0).collect()
    }

    /// Remembers that so many had finished by `now`.
    pub(super) fn note_finished(&mut self, finished: u64, now: Duration) {
        if finished != self.finished {
            (self.finished, self.finished_since) = (finished, now);
        }
    }

    /// For how long at least nothing has finished, if so many have by `now`.
    pub(super) fn idle(&self, finished: u64, now: Duration) -> Duration {
        if finished == self.finished { now.saturating_sub(self.finished_since) } else { Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// A ring of 10 s slots and the events of one route on it.
    struct Ring {
        times: SlotTimes,
        present: Present,
        begun: [AtomicU64; SLOTS],
        ended: Ended,
        old: AtomicU64,
        carried: Carried,
    }

    impl Ring {
        fn new() -> Self {
            Self {
                times: SlotTimes::new(Duration::ZERO, secs(10)),
                present: Present::default(),
                begun: Default::default(),
                ended: Ended::new(),
                old: AtomicU64::new(0),
                carried: Carried::default(),
            }
        }

        fn begin(&self) -> Slot {
            let slot = self.present.read();
            self.begun[slot.place()].fetch_add(1, Ordering::Relaxed);
            slot
        }

        fn end(&self, slot: Slot) {
            self.ended.end_release(Shard::FIRST, (slot, self.present.read()), 1, &self.old);
        }

        fn read(&self, place: usize) -> (u64, u32) {
            let ended = self.ended.in_acquire(place);
            (self.begun[place].load(Ordering::Relaxed), ended)
        }

        fn tick(&mut self, now: Duration) {
            if self.times.is_over(now) {
                let (place, ended_at) = self.times.next_place();
                let (begun, ended) = self.read(place);
                self.carried.carry(place, ended_at, begun, ended, self.old.load(Ordering::Acquire));
                self.times.advance(now);
                self.present.advance();
            }
        }

        fn ages(&self, now: Duration) -> Vec<(Duration, u64)> {
            self.carried.ages(&self.times, now, self.old.load(Ordering::Acquire), |place| self.read(place))
        }
    }

    #[test]
    fn a_request_stuck_for_200_s_among_fast_ones_is_seen_as_old_as_it_is() {
        let mut ring = Ring::new();
        let stuck = ring.begin();
        for second in 1..=200 {
            let fast = ring.begin();
            ring.end(fast);
            ring.tick(secs(second));
            let ages = ring.ages(secs(second));
            let (age, count) = ages[0];
            assert_eq!((ages.len(), count), (1, 1), "after {second} s: {ages:?}");
            // At most a slot less than it is, never more.
            assert!(age <= secs(second) && age + secs(10) >= secs(second), "after {second} s: {age:?}");
        }
        ring.end(stuck);
        assert_eq!(ring.ages(secs(200)), []);
    }

    #[test]
    fn whichever_of_the_old_ended_the_oldest_is_taken_to_have() {
        let mut ring = Ring::new();
        let mut stuck = Vec::new();
        for tick in 0..40 {
            if tick < 3 {
                stuck.push(ring.begin());
            }
            ring.tick(secs(10 * (tick + 1)));
        }
        let oldest = |ring: &Ring| ring.ages(secs(400)).first().map(|(age, _)| *age);
        assert_eq!(oldest(&ring), Some(secs(390)));
        ring.end(stuck[2]);
        assert_eq!(oldest(&ring), Some(secs(380)));
        assert_eq!(ring.ages(secs(400)).iter().map(|(_, count)| count).sum::<u64>(), 2);
    }

    #[test]
    fn an_event_ends_where_it_began_however_old_it_is() {
        for age in 0..100 {
            let mut ring = Ring::new();
            let slots: Vec<Slot> = (0..3).map(|_| ring.begin()).collect();
            for tick in 1..=age {
                ring.tick(secs(10 * tick));
            }
            for (ended, slot) in (1..).zip(slots) {
                let left: u64 = ring.ages(secs(10 * age)).iter().map(|(_, count)| count).sum();
                assert_eq!(left, 4 - ended, "{age} slots later");
                ring.end(slot);
            }
            for tick in age + 1..age + 40 {
                ring.tick(secs(10 * tick));
                assert_eq!(ring.ages(secs(10 * tick)), [], "{age} slots later, then {tick}");
            }
        }
    }

    #[test]
    fn an_end_that_comes_too_late_leaves_nothing_behind() {
        let mut ring = Ring::new();
        let slot = ring.begin();
        let stale = ring.present.read();
        for tick in 1..=40 {
            ring.tick(secs(10 * tick));
        }
        // Its thread was stopped for long, with the present slot of then in hand.
        ring.ended.end_release(Shard::FIRST, (slot, stale), 1, &ring.old);
        for tick in 41..=60 {
            ring.tick(secs(10 * tick));
        }
        assert_eq!(ring.ages(secs(600)), []);
        ring.begin();
        assert_eq!(ring.ages(secs(600)), [(Duration::ZERO, 1)]);
    }

    #[test]
    fn events_are_nearly_as_old_as_they_are_though_the_log_is_full() {
        let mut ring = Ring::new();
        for tick in 0..400 {
            ring.begin();
            ring.tick(secs(10 * (tick + 1)));
        }
        let ages = ring.ages(secs(4_000));
        let (mut begun, mut older) = (0, 0);
        for (age, count) in &ages {
            older += count;
            // The last of these began so long ago, and looks at most a tenth younger.
            while begun < older {
                let truth = secs(10 * (399 - begun));
                assert!(*age <= truth && age.saturating_mul(10) >= truth.saturating_mul(9), "{begun}: {age:?}");
                begun += 1;
            }
        }
        assert_eq!(begun, 400);
    }

    #[test]
    fn a_log_that_is_full_makes_old_events_look_younger_and_loses_none() {
        let mut ring = Ring::new();
        for tick in 0..200 {
            ring.begin();
            ring.tick(secs(10 * (tick + 1)));
        }
        let ages = ring.ages(secs(2_000));
        assert!(ages.len() <= LOG + SLOTS);
        assert_eq!(ages.iter().map(|(_, count)| count).sum::<u64>(), 200);
    }
}
