//! Which shard of the counters the current thread writes to, and whether it is alone there.
//!
//! Most threads lease a shard for as long as they live. Nobody else writes there meanwhile, so that adding takes a load and a
//! store. An atomic addition takes four nanoseconds more, also without any other thread (BENCHMARKS.md, cost against cores).
//! Threads that find every lease taken share the rest and add atomically, for as long as they live, so that any number of
//! threads, however short-lived, is counted in bounded memory.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// How many shards a process has: the next power of two of its parallelism, at least 16 and at most 64. The same for as long
/// as the process lives.
pub(crate) fn shard_count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        let parallelism = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        parallelism.next_power_of_two().clamp(16, 64)
    })
}

/// How many of them are shared, the first ones: a quarter. The others, twelve to forty-eight, are leased, which suffices for the
/// busy threads of a runtime or leaves few of them to share.
fn shared_count() -> usize {
    shard_count() / 4
}

/// A shard, as the current thread may write to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard(usize);

/// Set where no other thread writes to the shard.
const ALONE: usize = 1 << 16;
/// A thread that has not recorded anything yet.
const UNKNOWN: usize = usize::MAX;

impl Shard {
    /// One that threads share.
    pub(super) const FIRST: Self = Self(0);

    #[inline]
    pub(super) fn index(self) -> usize {
        self.0 & (ALONE - 1)
    }

    #[inline]
    fn is_alone(self) -> bool {
        self.0 & ALONE != 0
    }

    /// Adds to a cell of this shard, and returns what was there before.
    ///
    /// A thread that is alone stores what it loaded and added to: between the two nobody else can have added. Its stores, like
    /// the atomic additions of those who share, publish every addition made here before, since a lease is handed on by a Release
    /// and an Acquire.
    #[inline]
    pub(super) fn add(self, cell: &AtomicU64, count: u64, order: Ordering) -> u64 {
        if self.is_alone() {
            let before = cell.load(Ordering::Relaxed);
            cell.store(before.wrapping_add(count), order);
            before
        } else {
            cell.fetch_add(count, order)
        }
    }

    /// As [`add`](Self::add), to a smaller cell.
    #[inline]
    pub(super) fn add_small(self, cell: &AtomicU32, count: u32, order: Ordering) -> u32 {
        if self.is_alone() {
            let before = cell.load(Ordering::Relaxed);
            cell.store(before.wrapping_add(count), order);
            before
        } else {
            cell.fetch_add(count, order)
        }
    }

    /// One of those that threads share, in turn.
    fn shared() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        // Relaxed: any will do, and nothing else depends on it.
        Self(NEXT.fetch_add(1, Ordering::Relaxed) % shared_count())
    }
}

thread_local! {
    static THREAD: Cell<usize> = const { Cell::new(UNKNOWN) };
    static LEASE: Lease = const { Lease(Cell::new(None)) };
}

/// The current thread's shard.
#[inline]
pub(super) fn current() -> Shard {
    // A thread that can no longer tell uses the first one.
    match THREAD.try_with(Cell::get) {
        Ok(UNKNOWN) => first_use(),
        Ok(shard) => Shard(shard),
        Err(_) => Shard::FIRST,
    }
}

#[cold]
fn first_use() -> Shard {
    // Without a lease's destructor, such as in those of a thread that is being torn down, nobody would give it back.
    let shard = LEASE.try_with(Lease::take).ok().flatten().unwrap_or_else(Shard::shared);
    let _ = THREAD.try_with(|thread| thread.set(shard.0));
    shard
}

/// A bit for each shard that is leased.
static LEASED: AtomicU64 = AtomicU64::new(0);

/// What a thread gives back when it exits.
struct Lease(Cell<Option<usize>>);

impl Lease {
    fn take(&self) -> Option<Shard> {
        loop {
            // Relaxed: looked at again below.
            let free = !LEASED.load(Ordering::Relaxed) >> shared_count();
            let index = shared_count() + free.trailing_zeros() as usize;
            if index >= shard_count() {
                return None;
            }
            // Acquire: pairs with the Release of the thread that had it before, whose additions are continued. Only if another
            // thread takes the same one at this moment is there another round.
            let bit = 1 << index;
            if LEASED.fetch_or(bit, Ordering::Acquire) & bit == 0 {
                self.0.set(Some(index));
                return Some(Shard(index | ALONE));
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(index) = self.0.take() {
            // What other destructors of this thread record from here on goes where nobody is alone.
            let _ = THREAD.try_with(|thread| thread.set(Shard::shared().0));
            LEASED.fetch_and(!(1 << index), Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_keeps_its_shard() {
        let mine = current();
        assert_eq!(current(), mine);
        assert!(mine.index() < shard_count());
    }

    #[test]
    fn no_two_threads_are_alone_on_one_shard_and_those_beyond_the_leases_share() {
        const THREADS: usize = 100;
        let all_there = Barrier::new(THREADS);
        let shards: Vec<Shard> = thread::scope(|scope| {
            let work = || {
                let shard = current();
                all_there.wait();
                shard
            };
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let mut threads_on: BTreeMap<usize, usize> = BTreeMap::new();
        for shard in &shards {
            *threads_on.entry(shard.index()).or_default() += 1;
            assert_eq!(shard.is_alone(), shard.index() >= shared_count(), "{shard:?}");
        }
        for shard in shards.iter().filter(|shard| shard.is_alone()) {
            assert_eq!(threads_on.get(&shard.index()), Some(&1), "{shard:?}");
        }
        assert!(shards.iter().any(|shard| !shard.is_alone()));
    }

    #[test]
    fn a_lease_is_given_back_by_a_thread_that_exits() {
        let alone = (0..1_000).filter(|_| thread::spawn(|| current().is_alone()).join().unwrap()).count();
        // If none were given back, no more threads than there are leases would be alone. The other tests of this process hold
        // some for a while, and never all of them for most of a thousand threads in a row.
        assert!(alone > shard_count() - shared_count(), "{alone} of 1,000");
    }

    #[test]
    fn a_thread_that_is_torn_down_is_alone_only_while_it_holds_its_lease() {
        struct AtExit;
        impl Drop for AtExit {
            fn drop(&mut self) {
                let shard = current();
                assert!(shard.index() < shard_count());
                assert!(!shard.is_alone() || LEASED.load(Ordering::Relaxed) >> shard.index() & 1 == 1, "{shard:?}");
            }
        }
        thread_local!(static AT_EXIT: AtExit = const { AtExit });
        // Torn down after the lease, and before it.
        let touch = || AT_EXIT.try_with(|_| ()).unwrap();
        thread::spawn(move || (touch(), current())).join().unwrap();
        thread::spawn(move || (current(), touch())).join().unwrap();
    }
}
