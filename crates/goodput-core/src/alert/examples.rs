//! Bad events that somebody can look at: the newest ones that came with a trace, kept while a budget burns.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use goodput_model::Reason;
use parking_lot::Mutex;

/// What a W3C `traceparent` header says about where a request belongs: the trace and the span, and nothing else of it.
///
/// Source: W3C Trace Context, section 3.2.2.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct TraceParent {
    /// High and low.
    trace: [u64; 2],
    /// Never 0 but where it stands for no trace, so that one comparison tells.
    span: u64,
}

impl TraceParent {
    /// What stands for no trace.
    pub const NONE: Self = Self { trace: [0; 2], span: 0 };

    /// Reads a header: `00-<32 hex digits>-<16 hex digits>-<2 hex digits>`. Nothing if it is none, or if either is all zeros; of a
    /// later version, what comes after is passed over. Allocates nothing.
    pub fn parse(header: &[u8]) -> Option<Self> {
        const LENGTH: usize = 55;
        let known = header.get(..LENGTH)?;
        let is_version_0 = hex(known.get(..2)?).filter(|version| *version < 0xff)? == 0;
        let ends_here = header.get(LENGTH).is_none_or(|next| *next == b'-' && !is_version_0);
        let dashes = [2, 35, 52].iter().all(|place| known.get(*place) == Some(&b'-'));
        hex(known.get(53..)?)?;
        let trace = [hex(known.get(3..19)?)?, hex(known.get(19..35)?)?];
        let span = hex(known.get(36..52)?)?;
        (ends_here && dashes && trace != [0; 2] && span != 0).then_some(Self { trace, span })
    }

    pub(super) const fn parts(self) -> [u64; 3] {
        let [high, low] = self.trace;
        [high, low, self.span]
    }

    pub(super) const fn of_parts([high, low, span]: [u64; 3]) -> Self {
        Self { trace: [high, low], span }
    }

    /// Whether it stands for no trace.
    #[inline]
    pub const fn is_none(&self) -> bool {
        self.span == 0
    }

    /// The trace, in 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        let [high, low] = self.trace;
        format!("{high:016x}{low:016x}")
    }

    /// The span, in 16 hexadecimal digits.
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span)
    }
}

/// `<trace>-<span>`.
impl fmt::Debug for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.trace_id(), self.span_id())
    }
}

/// At most 16 lowercase digits, as the standard has it.
fn hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |number: u64, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u64::from(value))
    })
}

/// A bad event with its trace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Example {
    /// The route.
    pub route: String,
    /// Why it was bad for the SLO.
    pub reason: Reason,
    /// How long it took to where it was judged.
    pub elapsed: Duration,
    /// Where to look.
    pub trace: TraceParent,
}

/// An example with the SLOs it was bad for, by their names.
#[derive(Clone, Debug)]
struct Kept {
    slos: Vec<String>,
    example: Example,
}

/// The newest examples: a few for each of the SLOs that have any.
#[derive(Debug, Default)]
pub(crate) struct Examples(Mutex<VecDeque<Kept>>);

/// Enough for a few SLOs that burn at once; 30 KB at most.
const MOST: usize = 64;

impl Examples {
    /// Keeps one, unless somebody is just looking: nobody who records waits here.
    pub(crate) fn offer(&self, slos: Vec<String>, example: Example) {
        let Some(mut kept) = self.0.try_lock() else { return };
        if kept.len() >= MOST {
            kept.pop_front();
        }
        kept.push_back(Kept { slos, example });
    }

    /// The newest ones of an SLO, the newest first.
    pub(crate) fn of(&self, slo: &str, most: usize) -> Vec<Example> {
        let kept = self.0.lock();
        let own = kept.iter().rev().filter(|kept| kept.slos.iter().any(|name| name == slo));
        own.take(most).map(|kept| kept.example.clone()).collect()
    }

    /// Those of what is over say nothing about what comes.
    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_read_as_the_standard_has_it_or_not_at_all() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let parent = TraceParent::parse(good.as_bytes()).unwrap();
        assert_eq!(parent.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(parent.span_id(), "b7ad6b7169203331");
        for (header, is_one) in [
            (good.to_owned(), true),
            (format!("{good}-more"), false), // version 00 has no more
            (good.replacen("00-", "cc-", 1) + "-more", true),
            (good.replacen("00-", "cc-", 1) + "more", false),
            (good.replacen("00-", "ff-", 1), false),
            (good.replacen("00-", "0g-", 1), false),
            (good.replace("-01", "-0x"), false),
            (good.to_uppercase(), false),
            (good.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)), false),
            (good.replace("b7ad6b7169203331", &"0".repeat(16)), false),
            (good.replace('-', "_"), false),
            (good[..54].to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(TraceParent::parse(header.as_bytes()).is_some(), is_one, "{header}");
        }
        assert!(TraceParent::NONE.is_none() && !parent.is_none());
    }

    #[test]
    fn the_newest_examples_of_an_slo_are_kept_and_no_more_than_there_is_place_for() {
        let examples = Examples::default();
        let example = |route: u64| Example {
            route: route.to_string(),
            reason: Reason::OTHER,
            elapsed: Duration::from_secs(route),
            trace: TraceParent::NONE,
        };
        (0..100).for_each(|number| examples.offer(vec![format!("slo {}", number % 2)], example(number)));
        let routes = |slo| examples.of(slo, 3).into_iter().map(|example| example.route).collect::<Vec<_>>();
        assert_eq!(routes("slo 0"), ["98", "96", "94"]);
        assert_eq!(examples.of("slo 1", 1_000).len(), MOST / 2);
        examples.clear();
        assert!(routes("slo 0").is_empty());
    }
}
