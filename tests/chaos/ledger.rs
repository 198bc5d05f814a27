//! What happened to each request, written down beside the library: by the service that did it and by the client that saw it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use goodput::Outcome;

/// What the service did with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// It never came.
    Unheard,
    /// The handler has it.
    Begun,
    /// There was a head, and the body has more to give.
    Answering,
    /// Answered to the end: below 400.
    Served,
    /// Answered to the end: 4xx but for the next two.
    Declined,
    /// 429.
    Limited,
    /// 404 without a route.
    Strayed,
    /// Answered to the end: 5xx, 408.
    Broken,
    /// `Err` in place of a head.
    Erred,
    /// A panic in place of a head.
    Panicked,
    /// The handler was dropped before it had a head.
    Cancelled,
    /// The body failed, or was not as long as declared.
    Torn,
    PanickedMidBody,
    /// The body was dropped before it had given all, with a head as of [`Fate::Served`].
    Dropped,
    /// The same, with a head as of [`Fate::Declined`].
    DroppedDeclined,
    /// The same, with a head as of [`Fate::Limited`] or [`Fate::Strayed`].
    DroppedExcluded,
    /// The same, with a head as of [`Fate::Broken`].
    DroppedBroken,
}

/// The SLOs: decided at the end or at the head; as fast as anybody could wish for at either.
pub(crate) const SLOS: [&str; 4] = ["available", "available-at-head", "fast", "whole"];
/// Those of them that wait for nothing after the head.
pub(crate) const SLOS_AT_HEAD: [&str; 2] = ["available-at-head", "fast"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Bad,
    Excluded,
}

impl Fate {
    pub(crate) const ALL: [Self; 17] = [
        Self::Unheard,
        Self::Begun,
        Self::Answering,
        Self::Served,
        Self::Declined,
        Self::Limited,
        Self::Strayed,
        Self::Broken,
        Self::Erred,
        Self::Panicked,
        Self::Cancelled,
        Self::Torn,
        Self::PanickedMidBody,
        Self::Dropped,
        Self::DroppedDeclined,
        Self::DroppedExcluded,
        Self::DroppedBroken,
    ];

    /// The fate of a response of this status that is given to the end.
    pub(crate) fn answered(status: u16, routed: bool) -> Self {
        match status {
            404 if !routed => Self::Strayed,
            429 => Self::Limited,
            408 | 500.. => Self::Broken,
            400.. => Self::Declined,
            _ => Self::Served,
        }
    }

    /// What it is instead if its body is dropped before it has given all.
    fn if_dropped(self) -> Self {
        match self {
            Self::Declined => Self::DroppedDeclined,
            Self::Limited | Self::Strayed => Self::DroppedExcluded,
            Self::Broken => Self::DroppedBroken,
            _ => Self::Dropped,
        }
    }

    fn is_over(self) -> bool {
        self > Self::Answering
    }

    /// How the library has to count it where an SLO waits for the end.
    pub(crate) fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Torn => Some(Outcome::BodyFailed),
            Self::PanickedMidBody => Some(Outcome::Panicked),
            Self::Dropped | Self::DroppedDeclined | Self::DroppedExcluded => Some(Outcome::BodyDropped),
            _ => self.outcome_at_head(),
        }
    }

    /// And where none does. Bodies that fail have a head below 400 here.
    pub(crate) fn outcome_at_head(self) -> Option<Outcome> {
        Some(match self {
            Self::Unheard | Self::Begun | Self::Answering => return None,
            Self::Served | Self::Torn | Self::PanickedMidBody | Self::Dropped => Outcome::Success,
            Self::Declined | Self::Limited | Self::Strayed | Self::DroppedDeclined | Self::DroppedExcluded => {
                Outcome::ClientError
            }
            Self::Broken | Self::DroppedBroken => Outcome::ServerError,
            Self::Erred => Outcome::ServiceError,
            Self::Panicked => Outcome::Panicked,
            Self::Cancelled => Outcome::Cancelled,
        })
    }

    /// What each of [`SLOS`] has to make of it.
    pub(crate) fn verdicts(self) -> Option<[Verdict; SLOS.len()]> {
        use Verdict::{Bad, Excluded, Good};
        Some(match self {
            Self::Unheard | Self::Begun | Self::Answering => return None,
            Self::Served | Self::Declined => [Good; 4],
            Self::Limited | Self::Strayed | Self::DroppedExcluded | Self::Cancelled => [Excluded; 4],
            Self::Broken | Self::DroppedBroken | Self::Erred | Self::Panicked => [Bad, Bad, Excluded, Excluded],
            Self::Torn | Self::PanickedMidBody => [Bad, Good, Good, Excluded],
            Self::Dropped | Self::DroppedDeclined => [Good, Good, Good, Excluded],
        })
    }
}

/// What a client can know of a request.
///
/// It knows nothing of one that it has left in the middle: the service may have had it or not, and may have finished it or not.
/// Nor of one that went down with a connection which others have left, nor of one whose upload broke off: an early answer may
/// have been lost with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Seen {
    /// It has not been asked yet.
    NotYet,
    /// Its head was never sent whole: the service cannot have had it.
    NeverSent,
    /// The client, or another one on its connection, left in the middle.
    Left,
    /// The whole of a response below 400 was there: nobody can have cancelled, dropped or torn it.
    WholeSuccess,
    /// The same of the 4xx class.
    WholeDeclined,
    /// The same of the 5xx class, and 408.
    WholeBroken,
    /// The whole of what somebody outside the layer answered after having dropped the request.
    GivenUp,
    /// The whole of what somebody outside the layer answered after having caught a panic.
    Caught,
    /// The client stayed and got no answer, or not the whole of it: the service cannot have given all.
    Unanswered,
}

impl Seen {
    pub(crate) const ALL: [Self; 9] = [
        Self::NotYet,
        Self::NeverSent,
        Self::Left,
        Self::WholeSuccess,
        Self::WholeDeclined,
        Self::WholeBroken,
        Self::GivenUp,
        Self::Caught,
        Self::Unanswered,
    ];

    /// A whole response of this status and with this mark from outside.
    pub(crate) fn whole(status: u16, outside: Option<&[u8]>) -> Self {
        match (outside, status) {
            (Some(b"gave up"), _) => Self::GivenUp,
            (Some(_), _) => Self::Caught,
            (None, 408 | 500..) => Self::WholeBroken,
            (None, 400..) => Self::WholeDeclined,
            (None, _) => Self::WholeSuccess,
        }
    }

    /// Whether a request of which a client has seen this can have had this fate.
    pub(crate) fn allows(self, fate: Fate) -> bool {
        match self {
            Self::NotYet => false,
            Self::NeverSent => fate == Fate::Unheard,
            Self::Left => true,
            Self::WholeSuccess => fate == Fate::Served,
            Self::WholeDeclined => matches!(fate, Fate::Declined | Fate::Limited | Fate::Strayed),
            Self::WholeBroken => fate == Fate::Broken,
            Self::GivenUp => fate == Fate::Cancelled,
            Self::Caught => fate == Fate::Panicked,
            Self::Unanswered => matches!(fate, Fate::Erred | Fate::Panicked | Fate::Torn | Fate::PanickedMidBody),
        }
    }
}

/// Both sides of every request, by its number.
#[derive(Debug)]
pub(crate) struct Ledger {
    fates: Box<[AtomicU8]>,
    seen: Box<[AtomicU8]>,
    begun: AtomicU64,
    ended: AtomicU64,
    /// Requests that began twice or ended twice.
    muddled: AtomicU64,
}

impl Ledger {
    pub(crate) fn new(requests: usize) -> Self {
        let blank = || (0..requests).map(|_| AtomicU8::new(0)).collect();
        let zero = || AtomicU64::new(0);
        Self { fates: blank(), seen: blank(), begun: zero(), ended: zero(), muddled: zero() }
    }

    pub(crate) fn saw(&self, number: usize, seen: Seen) {
        self.seen[number].store(seen as u8, Ordering::Relaxed);
    }

    /// Both sides of every request.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (usize, Fate, Seen)> {
        let read = |entry: &AtomicU8| usize::from(entry.load(Ordering::Relaxed));
        let pairs = self.fates.iter().zip(&self.seen).enumerate();
        pairs.map(move |(number, (fate, seen))| (number, Fate::ALL[read(fate)], Seen::ALL[read(seen)]))
    }

    /// Requests whose handler has begun. Acquire pairs with the Release of [`Witness::begin`]: the library has counted every one
    /// of them before.
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Acquire)
    }

    /// Requests that have ended for the service. Relaxed: it is what the library's own ends carry along that is asked for.
    pub(crate) fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }

    pub(crate) fn muddled(&self) -> u64 {
        self.muddled.load(Ordering::Relaxed)
    }
}

/// The service's own account of one request. It is written before the library can know.
#[derive(Debug)]
pub(crate) struct Witness {
    ledger: Arc<Ledger>,
    number: usize,
    fate: Fate,
    if_dropped: Fate,
}

impl Witness {
    pub(crate) fn begin(ledger: Arc<Ledger>, number: usize) -> Self {
        if ledger.fates[number].swap(Fate::Begun as u8, Ordering::Relaxed) != Fate::Unheard as u8 {
            ledger.muddled.fetch_add(1, Ordering::Relaxed);
        }
        ledger.begun.fetch_add(1, Ordering::Release);
        Self { ledger, number, fate: Fate::Begun, if_dropped: Fate::Cancelled }
    }

    /// There is a head, and something to come before it is `given_to_the_end`.
    pub(crate) fn answering(&mut self, given_to_the_end: Fate) {
        self.is(Fate::Answering);
        self.if_dropped = given_to_the_end.if_dropped();
    }

    /// It is over. What happens after that happens to nobody.
    pub(crate) fn over(&mut self, fate: Fate) {
        if !self.fate.is_over() {
            self.ledger.ended.fetch_add(1, Ordering::Relaxed);
            self.is(fate);
        }
    }

    fn is(&mut self, fate: Fate) {
        let before = self.ledger.fates[self.number].swap(fate as u8, Ordering::Relaxed);
        if before != self.fate as u8 {
            self.ledger.muddled.fetch_add(1, Ordering::Relaxed);
        }
        self.fate = fate;
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.over(self.if_dropped);
    }
}
