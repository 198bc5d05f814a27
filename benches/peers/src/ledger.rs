//! What a peer says it counted, to be compared with what was sent.

use std::fmt;
use std::sync::Arc;

type Count = Box<dyn Fn() -> u64 + Send + Sync>;
type Upkeep = Arc<dyn Fn() + Send + Sync>;

/// The counts of one peer, and the work it leaves for later.
#[derive(Default)]
pub struct Ledger {
    counts: Vec<Entry>,
    upkeep: Option<Upkeep>,
    note: Option<Box<dyn Fn() -> String + Send + Sync>>,
}

struct Entry {
    what: &'static str,
    count: Count,
    /// How many may be missing, of a thousand.
    may_lose: u64,
}

impl Ledger {
    /// Of a service that counts nothing.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a count that must equal the number of requests.
    pub fn and(mut self, what: &'static str, count: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.counts.push(Entry { what, count: Box::new(count), may_lose: 0 });
        self
    }

    /// Adds a count of a peer that is known to lose some: one in a thousand at most. How many it lost is noted.
    pub fn and_nearly(mut self, what: &'static str, count: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.counts.push(Entry { what, count: Box::new(count), may_lose: 1 });
        self
    }

    /// Work that requests leave behind, and that the peer's documentation says must be done now and then. It is part of
    /// what the peer costs.
    pub fn upkeep(mut self, upkeep: impl Fn() + Send + Sync + 'static) -> Self {
        self.upkeep = Some(Arc::new(upkeep));
        self
    }

    /// What to know about how it ran.
    pub fn note(mut self, note: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.note = Some(Box::new(note));
        self
    }

    /// What is to be done now and then.
    pub fn left_for_later(&self) -> Option<Upkeep> {
        self.upkeep.clone()
    }

    /// What was noted.
    pub fn noted(&self) -> Option<String> {
        self.note.as_ref().map(|note| note())
    }

    /// What it lost of what was sent, as it may.
    pub fn lost(&self, sent: u64) -> Option<String> {
        self.counts.iter().find_map(|entry| {
            let lost = sent.saturating_sub((entry.count)());
            (entry.may_lose > 0 && lost > 0).then(|| format!("lost {lost} of {sent} {}", entry.what))
        })
    }

    /// The first count, if it keeps any.
    pub fn counted(&self) -> Option<u64> {
        self.counts.first().map(|entry| (entry.count)())
    }

    /// Every count that is not what was sent, as sentences.
    pub fn discrepancies(&self, sent: u64) -> Vec<String> {
        let differing = self.counts.iter().filter_map(|Entry { what, count, may_lose }| {
            let counted = count();
            let is_right = (sent - sent * may_lose / 1000..=sent).contains(&counted);
            (!is_right).then(|| format!("{sent} requests were sent, but its {what} say {counted}"))
        });
        differing.collect()
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

/// Adds up the samples of one metric in the Prometheus text format, of the series whose labels hold all of these words.
pub fn sum_in_text(text: &str, metric: &str, labels: &[&str]) -> u64 {
    let samples = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(metric)?;
        let (series, value) = rest.rsplit_once(' ')?;
        let is_it = series.is_empty() || (series.starts_with('{') && labels.iter().all(|word| series.contains(word)));
        if is_it { value.parse::<f64>().ok() } else { None }
    });
    samples.sum::<f64>() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_added_up_over_the_series_that_match() {
        let text = "# TYPE hits counter\nhits{a=\"1\"} 2\nhits{a=\"2\"} 3\nhits_seconds{a=\"1\"} 7\nplain 5\n";
        assert_eq!(sum_in_text(text, "hits", &[]), 5);
        assert_eq!(sum_in_text(text, "hits", &["a=\"2\""]), 3);
        assert_eq!(sum_in_text(text, "plain", &[]), 5);
        assert_eq!(sum_in_text(text, "absent", &[]), 0);
    }

    #[test]
    fn a_count_that_is_not_what_was_sent_is_told() {
        let ledger = Ledger::none().and("requests", || 3).and("durations", || 4);
        assert_eq!(ledger.discrepancies(4), ["4 requests were sent, but its requests say 3"]);
        assert!(Ledger::none().discrepancies(4).is_empty());
    }

    #[test]
    fn what_may_be_lost_is_one_in_a_thousand() {
        let ledger = |counted| Ledger::none().and_nearly("durations", move || counted);
        assert!(ledger(9_990).discrepancies(10_000).is_empty());
        assert_eq!(ledger(9_990).lost(10_000).as_deref(), Some("lost 10 of 10000 durations"));
        assert_eq!(ledger(10_000).lost(10_000), None);
        for wrong in [9_989, 10_001] {
            assert_eq!(ledger(wrong).discrepancies(10_000).len(), 1, "{wrong}");
        }
    }
}
