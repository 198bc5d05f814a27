//! Where requests in flight came from, while some budget burns: a ring of fixed places, so that a request carries no more than the
//! number of its own.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::examples::TraceParent;

/// How many of the newest requests with a trace are remembered. What is in flight for longer than as many others take to come has
/// none to show.
const PLACES: usize = 256;
/// The mark of a place that is being written. It is the number of no request: who would get it gets none.
const BUSY: u32 = u32::MAX;

/// See the module. 10 KB, whatever the traffic.
#[derive(Debug)]
pub(crate) struct Traces {
    last: AtomicU32,
    places: Box<[Place]>,
}

#[derive(Debug, Default)]
struct Place {
    /// Whose it is; 0 before it is anybody's.
    mark: AtomicU32,
    parts: [AtomicU64; 3],
}

/// The number of a request's place; 0 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TraceMark(u32);

impl TraceMark {
    pub(crate) const NONE: Self = Self(0);

    #[inline]
    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }
}

impl Traces {
    pub(crate) fn new() -> Self {
        Self { last: AtomicU32::new(0), places: (0..PLACES).map(|_| Place::default()).collect() }
    }

    /// Takes the next place for it; none if somebody else is still writing there, as many others ago as there are places. Waits for
    /// nobody and allocates nothing; the counter is shared, which costs while a budget burns and at no other time.
    pub(crate) fn remember(&self, parent: TraceParent) -> TraceMark {
        let mark = self.last.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let is_a_number = mark != 0 && mark != BUSY;
        let Some(place) = self.places.get(mark as usize % PLACES).filter(|_| is_a_number) else {
            return TraceMark::NONE;
        };
        // Acquire: what the one before has written was written by now.
        if place.mark.swap(BUSY, Ordering::AcqRel) == BUSY {
            return TraceMark::NONE;
        }
        for (part, value) in place.parts.iter().zip(parent.parts()) {
            // Release: whoever reads one of these sees that the place was taken.
            part.store(value, Ordering::Release);
        }
        place.mark.store(mark, Ordering::Release);
        TraceMark(mark)
    }

    /// What was remembered, unless the place is another's by now. Acquire: pairs with the stores above.
    pub(crate) fn find(&self, TraceMark(mark): TraceMark) -> Option<TraceParent> {
        let place = self.places.get(mark as usize % PLACES)?;
        let is_own = || mark != 0 && place.mark.load(Ordering::Acquire) == mark;
        if !is_own() {
            return None;
        }
        let [high, low, span] = &place.parts;
        let parts = [high, low, span].map(|part| part.load(Ordering::Acquire));
        is_own().then(|| TraceParent::of_parts(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parent(number: u64) -> TraceParent {
        TraceParent::of_parts([number, number, number])
    }

    #[test]
    fn the_newest_are_remembered_and_those_before_are_nobodys() {
        let traces = Traces::new();
        let marks: Vec<_> = (1..=PLACES as u64 + 10).map(|number| traces.remember(parent(number))).collect();
        for (mark, number) in marks.iter().zip(1..) {
            let found = traces.find(*mark);
            assert_eq!(found, (number > 10).then(|| parent(number)), "{number}");
        }
        assert!(traces.find(TraceMark::NONE).is_none());
    }

    #[test]
    fn what_is_found_while_others_write_was_written_as_a_whole() {
        let traces = Traces::new();
        std::thread::scope(|scope| {
            for thread in 0..2_u64 {
                let traces = &traces;
                scope.spawn(move || {
                    for number in 0..200_000 {
                        let own = parent(2 * number + thread + 1);
                        let mark = traces.remember(own);
                        assert!(traces.find(mark).is_none_or(|found| found == own));
                    }
                });
            }
        });
    }
}
