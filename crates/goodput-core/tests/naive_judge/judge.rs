//! The naive judge: what a request was, and what each SLO's rules make of it, spelled out case by case.

use std::time::Duration;

use goodput_core::{CancelPolicy, Ending, Measure, Verdict};

#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) kind: Kind,
    pub(crate) threshold: u64, // milliseconds, as everywhere below
    pub(crate) measure: Measure,
    pub(crate) at_head: bool,
    pub(crate) cancel: Option<CancelPolicy>,
    pub(crate) bad: Vec<u16>,
    pub(crate) good: Vec<u16>,
    pub(crate) excluded: Vec<u16>,
    pub(crate) bad_grpc: Vec<u8>,
    pub(crate) good_grpc: Vec<u8>,
    pub(crate) excluded_grpc: Vec<u8>,
    pub(crate) follows_streams: bool,
    pub(crate) routes: Vec<&'static str>,
}

/// What a response says of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Says {
    Http(u16),
    Grpc(u32),
    /// gRPC without a status.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Availability,
    Latency,
    GoodAndFast,
    Quality,
    ErrorRate,
    Correctness,
    /// Judged in slices: compared are the events that those are judged by.
    Throughput,
    Custom,
}

#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) route: Option<&'static str>,
    pub(crate) fate: Fate,
}

#[derive(Clone, Debug)]
pub(crate) enum Fate {
    /// Work that nobody timed.
    Untimed {
        said: Verdict,
    },
    NoHead {
        ending: Ending,
        after: u64,
    },
    Head {
        says: Says,
        said: Option<Verdict>,
        degraded: bool,
        stream: bool,
        head: u64,
        body: Body,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    AtOnce,
    /// Milliseconds after the head, after the first byte; and what the end says in place of the head.
    Ends {
        ending: Ending,
        first: Option<u64>,
        rest: u64,
        says: Option<Says>,
    },
}

#[derive(Debug, PartialEq)]
pub(crate) enum Naive {
    Good,
    Bad,
    Excluded,
}

pub(crate) const DEADLINE: u64 = 3_000;
pub(crate) const EXCLUDED_ROUTE: &str = "/health";
pub(crate) const STATUSES: &[u16] =
    &[100, 101, 103, 200, 204, 301, 400, 404, 405, 408, 418, 429, 500, 503, 504, 599, 600, 999];

/// The rules of the classification table, spelled out case by case.
pub(crate) fn naive(spec: &Spec, set: &[Spec], deadline: bool, event: &Event) -> Naive {
    use Naive::{Excluded, Good};
    if event.route == Some(EXCLUDED_ROUTE) {
        return Excluded;
    }
    let said = match event.fate {
        Fate::Untimed { said } => Some(said),
        Fate::NoHead { .. } => None,
        Fate::Head { said, .. } => said,
    };
    match (spec.kind, said) {
        (Kind::Custom, None) => Excluded,
        (Kind::Custom, Some(said)) => of_word(said),
        // However it ended: that it did is all that matters.
        (Kind::Throughput, _) => {
            let like_any = Spec { kind: Kind::Availability, ..spec.clone() };
            if naive_ending(&like_any, set, deadline, event) == Excluded { Excluded } else { Good }
        }
        _ => naive_ending(spec, set, deadline, event),
    }
}

/// By how it ended.
fn naive_ending(spec: &Spec, set: &[Spec], deadline: bool, event: &Event) -> Naive {
    use Naive::{Bad, Excluded, Good};
    let judged_at_head = spec.at_head || (spec.kind == Kind::Latency && spec.measure == Measure::Head);
    match &event.fate {
        Fate::Untimed { said } => match (spec.kind, of_word(*said)) {
            (Kind::Latency, Good | Bad) | (Kind::GoodAndFast, Good) | (Kind::Quality, Bad) => Excluded,
            (_, verdict) => verdict,
        },
        Fate::NoHead { ending: Ending::Dropped, after } => naive_cancelled(spec, set, deadline, *after),
        Fate::NoHead { after, .. } => match spec.kind {
            Kind::Availability | Kind::GoodAndFast | Kind::ErrorRate | Kind::Correctness => Bad,
            Kind::Latency if *after > spec.threshold => Bad,
            Kind::Latency | Kind::Quality => Excluded,
            Kind::Throughput | Kind::Custom => unreachable!("not by how it ended"),
        },
        Fate::Head { says, said, degraded, stream, head, body } => {
            let judged_at_head = judged_at_head || (*stream && !spec.follows_streams);
            let says = match body {
                Body::Ends { says: Some(late), .. } if !judged_at_head => late,
                _ => says,
            };
            let (mut failed, excluded) = means(spec, event.route.is_none(), *says, *said);
            // The caller's own mistake, unless somebody has a word for it.
            let mistake = spec.kind == Kind::ErrorRate && said.is_none() && !failed && is_mistake(spec, *says);
            if excluded || mistake {
                return Excluded;
            }
            let (mut body_failed, mut measured) = (false, Some(*head));
            let mut elapsed = *head;
            if let (false, Body::Ends { ending, first, rest, .. }) = (judged_at_head, body) {
                elapsed = head + first.unwrap_or(0) + rest;
                body_failed = !matches!(ending, Ending::Completed | Ending::Dropped);
                measured = match spec.measure {
                    Measure::Head => Some(*head),
                    Measure::FirstByte => match first {
                        Some(first) => Some(head + first),
                        None if *ending == Ending::Completed => Some(elapsed),
                        None => None,
                    },
                    Measure::End => (*ending == Ending::Completed).then_some(elapsed),
                };
            }
            let slow = has_threshold(spec) && measured.unwrap_or(elapsed) > spec.threshold;
            if spec.kind != Kind::Latency {
                failed |= body_failed;
            }
            match spec.kind {
                Kind::Throughput | Kind::Custom => unreachable!("not by how it ended"),
                Kind::Availability | Kind::ErrorRate | Kind::Correctness => {
                    if failed {
                        Bad
                    } else {
                        Good
                    }
                }
                Kind::Latency => {
                    if slow {
                        Bad
                    } else if failed || measured.is_none() {
                        Excluded
                    } else {
                        Good
                    }
                }
                Kind::GoodAndFast => {
                    if failed || slow {
                        Bad
                    } else if measured.is_none() {
                        Excluded
                    } else {
                        Good
                    }
                }
                Kind::Quality => {
                    let heard = *degraded && !matches!(said, Some(Verdict::Bad(_) | Verdict::Excluded(_)));
                    if failed {
                        Excluded
                    } else if heard {
                        Bad
                    } else {
                        Good
                    }
                }
            }
        }
    }
}

/// A request that was dropped before its head, `after` so long.
fn naive_cancelled(spec: &Spec, set: &[Spec], deadline: bool, after: u64) -> Naive {
    use Naive::{Bad, Excluded, Good};
    let thresholds = set.iter().filter(|s| has_threshold(s)).map(|s| s.threshold);
    let grace =
        if deadline { DEADLINE } else { thresholds.max().map_or(5_000, |loosest| (4 * loosest).clamp(1_000, 10_000)) };
    match (spec.cancel, spec.kind) {
        (Some(CancelPolicy::Good), _) => Good,
        (Some(CancelPolicy::Bad), _) => Bad,
        (Some(CancelPolicy::BadIfOlder(limit)), _) if Duration::from_millis(after) > limit => Bad,
        (None, Kind::Availability | Kind::ErrorRate | Kind::Correctness) if after > grace => Bad,
        (None, Kind::Latency | Kind::GoodAndFast) if after > spec.threshold => Bad,
        _ => Excluded,
    }
}

fn of_word(said: Verdict) -> Naive {
    match said {
        Verdict::Good => Naive::Good,
        Verdict::Bad(_) => Naive::Bad,
        Verdict::Excluded(_) => Naive::Excluded,
    }
}

/// Whether the response blames the caller, and the SLO has no rule of its own for it.
fn is_mistake(spec: &Spec, says: Says) -> bool {
    match says {
        Says::Http(status) => (400..500).contains(&status) && !spec.good.contains(&status),
        Says::Grpc(0) | Says::Nothing => false,
        Says::Grpc(code) => code <= 16 && !spec.good_grpc.iter().any(|good| u32::from(*good) == code),
    }
}

fn has_threshold(spec: &Spec) -> bool {
    matches!(spec.kind, Kind::Latency | Kind::GoodAndFast)
}

/// Whether the response says failure, and whether it says excluded.
fn means(spec: &Spec, unmatched: bool, says: Says, said: Option<Verdict>) -> (bool, bool) {
    match said {
        Some(Verdict::Good) => return (false, false),
        Some(Verdict::Bad(_)) => return (true, false),
        Some(Verdict::Excluded(_)) => return (false, true),
        None => {}
    }
    let status = match says {
        Says::Http(status) => status,
        Says::Nothing => return (true, false),
        Says::Grpc(code) => {
            // What gRPC does not know is UNKNOWN.
            let code = if code > 16 { 2 } else { code };
            let named = |list: &[u8]| list.iter().any(|named| u32::from(*named) == code);
            return if named(&spec.excluded_grpc) {
                (false, true)
            } else if named(&spec.good_grpc) {
                (false, false)
            } else if named(&spec.bad_grpc) {
                (true, false)
            } else {
                match code {
                    12 if unmatched => (false, true),
                    // UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS.
                    2 | 4 | 8 | 12..=15 => (true, false),
                    _ => (false, false),
                }
            };
        }
    };
    // The builder is told bad, then good, then excluded statuses: the last word wins.
    if spec.excluded.contains(&status) {
        (false, true)
    } else if spec.good.contains(&status) {
        (false, false)
    } else if spec.bad.contains(&status) || status >= 500 || status == 408 || (status < 200 && status != 101) {
        (true, false)
    } else {
        (false, status == 429 || status == 405 || (status == 404 && unmatched))
    }
}
