//! A request seen from the outside of a stack of layers, from its arrival until it is known who records its end.
//!
//! Layers around the service refuse requests, let them wait, and give up on them. The service's own layer cannot tell: the
//! refused ones never come to it, and a request that was given up looks like one whose client went away. An [`Arrival`] is
//! shared by a layer outside of all that and the one at the service, and each end is recorded by exactly one of them.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::Goodput;
use crate::classify::Ending;
use crate::clock::Reading;
use crate::record::{Figure, RouteId, Slot, VersionId};
use crate::request::{Head, Request};

/// See the module. Shared by an outer layer, which made it, and the layer at the service.
#[derive(Debug)]
pub struct Arrival {
    begun: Reading,
    state: AtomicU8,
    /// Route, with its version, and slot of the request at the service, written before the state says that it is there.
    place: AtomicU64,
}

/// On its way to the service.
const COMING: u8 = 0;
/// The service works on it.
const INSIDE: u8 = 1;
/// The service has answered, failed or panicked: its own layer records it.
const ANSWERED: u8 = 2;
/// The service's future was dropped before it answered. Who did that is known to the outer layer.
const GIVEN_UP: u8 = 3;
/// The outer layer has recorded it.
const TAKEN: u8 = 4;
/// A moment of the layer at the service, while it goes from one request to the next.
const TURNING: u8 = 5;

/// What became of a request as its outer layer sees it.
#[derive(Clone, Copy, Debug)]
pub enum Seen {
    /// An answer.
    Answer(Head),
    /// An error in place of one.
    Error,
    /// A panic.
    Panic,
    /// The caller went away.
    Dropped,
}

impl Arrival {
    /// A request arrives now.
    pub fn now(goodput: &Goodput) -> Self {
        goodput.queue().arrive();
        Self { begun: goodput.stopwatch().read(), state: AtomicU8::new(COMING), place: AtomicU64::new(0) }
    }

    /// It has come to the service, where `request` began for it: from here on the two are one. Its latency runs from its
    /// arrival; the time until here is a figure of its own. Returns whether they met.
    ///
    /// A later one, which a layer in between tries after the first, keeps its own beginning; only if it is given up in turn is its
    /// time told from the arrival. While one is still inside, another stays alone.
    pub fn meet(&self, goodput: &Goodput, request: &mut Request) -> bool {
        // Acquire: pairs with the Release of whoever set the state, and with it comes the place.
        let turn = |from| self.state.compare_exchange(from, TURNING, Ordering::Acquire, Ordering::Relaxed).is_ok();
        if turn(COMING) {
            goodput.queue().leave();
            let waited = request.began_earlier(goodput, self.begun);
            if let Some(route) = goodput.routes().version(request.version()) {
                route.time(Figure::Queue, waited);
            }
        } else if turn(GIVEN_UP) {
            // It is tried again, so it was not the client who gave up.
            self.resume().end(goodput, Ending::TimedOut);
        } else if !turn(ANSWERED) {
            return false;
        }
        let (version, slot) = (request.version().number(), request.slot().number());
        self.place.store(u64::from(version) << 32 | u64::from(slot), Ordering::Relaxed);
        self.state.store(INSIDE, Ordering::Release);
        true
    }

    /// The service has answered, failed or panicked. Returns whether its layer is to record that; if not, it was recorded
    /// as given up already, and `request` is over.
    pub fn answer(&self, request: &mut Request) -> bool {
        let own = self.state.compare_exchange(INSIDE, ANSWERED, Ordering::Release, Ordering::Relaxed).is_ok();
        if !own {
            request.hand_over();
        }
        own
    }

    /// The service's future was dropped before it answered. What that means is for the outer layer to say.
    pub fn give_up(&self, request: &mut Request) {
        // If it fails, the outer layer has said so already.
        let _ = self.state.compare_exchange(INSIDE, GIVEN_UP, Ordering::Release, Ordering::Relaxed);
        request.hand_over();
    }

    /// The outer layer sees the end. What the service has not answered is recorded here: on its own route if it came there, else
    /// on `route`.
    pub fn end(&self, goodput: &Goodput, route: RouteId, seen: Seen) {
        // Acquire: the place comes with the state.
        let take = |from| self.state.compare_exchange(from, TAKEN, Ordering::Acquire, Ordering::Relaxed).is_ok();
        if take(COMING) {
            goodput.queue().leave();
            let mut request = Request::begin_at(goodput, route, self.begun);
            match seen {
                Seen::Answer(head) if head.verdict.is_some() || !head.code.is_failure() => {
                    request.respond(goodput, Head { stream: false, ..head });
                    request.complete_at_head(goodput);
                }
                Seen::Answer(_) | Seen::Error => request.end(goodput, Ending::Refused),
                Seen::Panic => request.end(goodput, Ending::Panicked),
                Seen::Dropped => request.end(goodput, Ending::Dropped),
            }
        } else if take(INSIDE) || take(GIVEN_UP) {
            let ending = match seen {
                Seen::Answer(_) | Seen::Error => Ending::TimedOut,
                Seen::Panic => Ending::Panicked,
                Seen::Dropped => Ending::Dropped,
            };
            self.resume().end(goodput, ending);
        }
    }

    /// It was recorded at the service without this having been noticed there: on another task, where the two do not meet.
    pub fn forget(&self, goodput: &Goodput) {
        if self.state.compare_exchange(COMING, TAKEN, Ordering::Acquire, Ordering::Relaxed).is_ok() {
            goodput.queue().leave();
        }
    }

    /// The request at the service, as it was when it began there.
    fn resume(&self) -> Request {
        let place = self.place.load(Ordering::Relaxed);
        Request::resumed(VersionId::numbered((place >> 32) as u32), Slot::numbered(place as u32), self.begun)
    }
}
