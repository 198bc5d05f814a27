//! The rules one SLO judges by, as a plain function of what is known about an event.
//!
//! The table in `table.rs` is this function, asked once for every situation that can be told apart.

use std::time::Duration;

use goodput_model::{CancelPolicy, Indicator, JudgedAt, Measure, Reason, Slo, StatusMeaning, Verdict};

use super::code::Code;
use super::ending::{Ending, Outcome, Word};
use crate::clock::nanos;

/// The rules of one SLO.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    indicator: Indicator,
    judged_at: JudgedAt,
    follows_streams: bool,
    cancel: CancelPolicy,
    codes: Vec<(Code, StatusMeaning)>,
}

/// The SLOs of a set of routes, and what the routes add.
#[derive(Clone, Debug)]
pub(crate) struct RuleSet {
    pub(crate) rules: Vec<Rule>,
    /// The routes are excluded from every SLO.
    pub(crate) excluded: bool,
    /// No route matched: a 404 is a scanner's noise.
    pub(crate) unmatched: bool,
    /// How long a request may go on before it says something about the service.
    pub(crate) grace: Duration,
}

/// Everything the rules look at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Facts {
    /// It ended before a head.
    NoHead { ending: Ending, elapsed: u64 },
    /// The plain recording API, without a duration.
    Untimed { word: Word },
    /// A response head, and possibly what became of the body.
    Head { code: Code, word: Word, head: u64, body: Option<Body> },
}

/// What became of a body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body {
    pub(crate) ending: Ending,
    /// Whether its first byte was seen.
    pub(crate) begun: bool,
    /// When the first byte was seen; the end if it never was.
    pub(crate) first: u64,
    pub(crate) end: u64,
}

impl RuleSet {
    /// Reads the rules off the definition. `deadline` is the server's own, if it declared one.
    pub(crate) fn new<'a>(
        slos: impl Iterator<Item = &'a Slo> + Clone,
        deadline: Option<Duration>,
        excluded: bool,
        unmatched: bool,
    ) -> Self {
        let grace = cancel_grace(slos.clone(), deadline);
        Self { rules: slos.map(|slo| Rule::new(slo, grace)).collect(), excluded, unmatched, grace }
    }

    /// What a rule of this set makes of the facts. Head-deciding rules are asked without a body.
    pub(crate) fn judge(&self, rule: &Rule, facts: Facts) -> Verdict {
        if self.excluded { Verdict::Excluded(Reason::ROUTE_EXCLUDED) } else { rule.judge(self.unmatched, facts) }
    }
}

/// How long a cancelled request must have waited before its cancellation is held against the service: the server's own
/// deadline, else four times the loosest latency threshold within 1 s to 10 s, else 5 s.
fn cancel_grace<'a>(slos: impl Iterator<Item = &'a Slo>, deadline: Option<Duration>) -> Duration {
    const DEFAULT: Duration = Duration::from_secs(5);
    deadline.unwrap_or_else(|| {
        slos.filter_map(|slo| slo.indicator().threshold())
            .map(|(threshold, _)| threshold)
            .max()
            .map_or(DEFAULT, |loosest| loosest.saturating_mul(4).clamp(Duration::from_secs(1), Duration::from_secs(10)))
    })
}

/// What a client that goes away counts as to this SLO; nothing if that is for the limit of its route to say.
pub(crate) fn own_cancel(slo: &Slo) -> Option<CancelPolicy> {
    let default = match slo.indicator() {
        Indicator::Latency { threshold, .. } | Indicator::GoodAndFast { threshold, .. } => {
            Some(CancelPolicy::BadIfOlder(threshold))
        }
        Indicator::Quality => Some(CancelPolicy::Exclude),
        _ => None,
    };
    slo.cancel_policy().or(default)
}

/// What a status means before anything else is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Meaning {
    Success,
    Failure(Reason),
    Excluded(Reason),
}

impl Rule {
    fn new(slo: &Slo, grace: Duration) -> Self {
        let statuses = slo.status_overrides().map(|rule| (Code::http(rule.status), rule.meaning));
        let grpc_codes = slo.grpc_overrides().map(|rule| (Code::grpc(rule.code.into()), rule.meaning));
        Self {
            indicator: slo.indicator(),
            // A read of data is over at once.
            judged_at: if is_of_reads(slo.indicator()) { JudgedAt::Head } else { slo.decision_point() },
            follows_streams: slo.follows_streams() && !is_of_reads(slo.indicator()),
            cancel: own_cancel(slo).unwrap_or(CancelPolicy::BadIfOlder(grace)),
            codes: statuses.chain(grpc_codes).collect(),
        }
    }

    pub(crate) fn judged_at(&self) -> JudgedAt {
        self.judged_at
    }

    /// Where the verdict on a stream falls.
    pub(crate) fn judges_streams_at(&self) -> JudgedAt {
        if self.follows_streams { JudgedAt::End } else { JudgedAt::Head }
    }

    /// The threshold in nanoseconds and where it is measured. The age of data that was read is told where a head's latency is.
    pub(crate) fn threshold(&self) -> Option<(u64, Measure)> {
        match self.indicator {
            Indicator::Freshness { threshold } => Some((nanos(threshold), Measure::Head)),
            indicator => indicator.threshold().map(|(threshold, measure)| (nanos(threshold), measure)),
        }
    }

    /// The age in nanoseconds above which a cancelled request is bad, for policies that have one.
    pub(crate) fn cancel_limit(&self) -> Option<u64> {
        match self.cancel {
            CancelPolicy::BadIfOlder(limit) => Some(nanos(limit)),
            _ => None,
        }
    }

    /// The statuses this rule may treat unlike their neighbours, beside [`NAMED`].
    pub(crate) fn named_statuses(&self) -> impl Iterator<Item = u16> {
        self.codes.iter().filter(|(code, _)| code.is_http()).map(|(code, _)| code.number())
    }

    pub(crate) fn meaning(&self, unmatched: bool, code: Code) -> Meaning {
        let own = self.codes.iter().rev().find(|(own, _)| *own == code).map(|(_, meaning)| meaning);
        match own {
            Some(StatusMeaning::Success) => Meaning::Success,
            Some(StatusMeaning::Excluded) => Meaning::Excluded(Reason::STATUS_EXCLUDED),
            Some(StatusMeaning::Failure) => Meaning::Failure(failure(code)),
            None => match code.number() {
                429 => Meaning::Excluded(Reason::RATE_LIMITED),
                405 => Meaning::Excluded(Reason::METHOD_NOT_ALLOWED),
                404 if unmatched => Meaning::Excluded(Reason::NOT_FOUND),
                _ if unmatched && code == UNIMPLEMENTED => Meaning::Excluded(Reason::NOT_FOUND),
                _ if code.is_failure() => Meaning::Failure(failure(code)),
                _ if self.indicator == Indicator::ErrorRate && code.is_client_error() => {
                    Meaning::Excluded(Reason::CLIENT_ERROR)
                }
                _ => Meaning::Success,
            },
        }
    }

    fn judge(&self, unmatched: bool, facts: Facts) -> Verdict {
        match (self.indicator, facts) {
            (Indicator::Custom, facts) => judge_by_word(facts),
            (Indicator::Completeness, facts) => match judge_by_word(facts) {
                Verdict::Good => Verdict::Good,
                Verdict::Bad(_) => Verdict::Bad(Reason::MISSING),
                Verdict::Excluded(_) => Verdict::Excluded(Reason::UNSAID),
            },
            (Indicator::Freshness { threshold }, Facts::Head { head: age, .. }) if age > nanos(threshold) => {
                Verdict::Bad(Reason::STALE)
            }
            (Indicator::Freshness { .. }, Facts::Head { .. }) => Verdict::Good,
            (Indicator::Freshness { .. }, _) => Verdict::Excluded(Reason::NOT_MEASURED),
            // Only the number of events matters, not how they ended.
            (Indicator::Throughput { .. }, facts) => match self.judge_event(unmatched, facts) {
                Verdict::Bad(_) => Verdict::Good,
                verdict => verdict,
            },
            (_, facts) => self.judge_event(unmatched, facts),
        }
    }

    fn judge_event(&self, unmatched: bool, facts: Facts) -> Verdict {
        match facts {
            Facts::NoHead { ending, elapsed } => {
                let reason = match ending {
                    Ending::Dropped => return self.judge_cancelled(elapsed),
                    Ending::Panicked => Reason::PANIC,
                    Ending::TimedOut => Reason::TIMEOUT,
                    Ending::Refused => Reason::SHED,
                    Ending::Failed | Ending::Completed => Reason::SERVICE_ERROR,
                };
                self.judge_outcome(Meaning::Failure(reason), false, Timing::Reached(elapsed))
            }
            Facts::Untimed { word } => {
                self.judge_outcome(said(word).unwrap_or(Meaning::Success), word.is_degraded(), Timing::None)
            }
            Facts::Head { code, word, head, body } => {
                let meaning = said(word).unwrap_or_else(|| self.meaning(unmatched, code));
                let timing = self.timing(head, body);
                let meaning = match body.and_then(|body| body_failure(body.ending)) {
                    Some(reason) if self.sees_body_failures(meaning) => Meaning::Failure(reason),
                    _ => meaning,
                };
                self.judge_outcome(meaning, word.is_degraded(), timing)
            }
        }
    }

    /// Latency alone is judged as measured whatever becomes of the body; an excluded event stays excluded.
    fn sees_body_failures(&self, meaning: Meaning) -> bool {
        meaning == Meaning::Success && !matches!(self.indicator, Indicator::Latency { .. })
    }

    /// The latency this rule looks at, if the response got that far.
    fn timing(&self, head: u64, body: Option<Body>) -> Timing {
        let measure = self.indicator.threshold().map_or(Measure::Head, |(_, measure)| measure);
        match (measure, body) {
            (Measure::Head, _) | (_, None) => Timing::Reached(head),
            (Measure::FirstByte, Some(body)) if body.begun || body.ending == Ending::Completed => {
                Timing::Reached(body.first)
            }
            (Measure::End, Some(body)) if body.ending == Ending::Completed => Timing::Reached(body.end),
            (measure, Some(body)) => {
                let elapsed = if measure == Measure::FirstByte { body.first } else { body.end };
                let reason = body_failure(body.ending).unwrap_or(Reason::BODY_DROPPED);
                Timing::NotReached(elapsed, reason)
            }
        }
    }

    fn judge_outcome(&self, meaning: Meaning, degraded: bool, timing: Timing) -> Verdict {
        match (self.indicator, meaning) {
            (_, Meaning::Excluded(reason)) => Verdict::Excluded(reason),
            (Indicator::Latency { threshold, .. }, _) => match (timing, meaning) {
                (Timing::Reached(elapsed) | Timing::NotReached(elapsed, _), _) if elapsed > nanos(threshold) => {
                    Verdict::Bad(Reason::SLOW)
                }
                (_, Meaning::Failure(_)) => Verdict::Excluded(Reason::FAILED),
                (Timing::NotReached(_, reason), _) => Verdict::Excluded(reason),
                (Timing::None, _) => Verdict::Excluded(Reason::NOT_MEASURED),
                (Timing::Reached(_), _) => Verdict::Good,
            },
            (Indicator::Quality, Meaning::Failure(_)) => Verdict::Excluded(Reason::FAILED),
            (Indicator::Quality, Meaning::Success) if degraded => Verdict::Bad(Reason::DEGRADED),
            (_, Meaning::Failure(reason)) => Verdict::Bad(reason),
            (Indicator::GoodAndFast { threshold, .. }, Meaning::Success) => match timing {
                Timing::Reached(elapsed) | Timing::NotReached(elapsed, _) if elapsed > nanos(threshold) => {
                    Verdict::Bad(Reason::SLOW)
                }
                Timing::Reached(_) => Verdict::Good,
                Timing::NotReached(_, reason) => Verdict::Excluded(reason),
                Timing::None => Verdict::Excluded(Reason::NOT_MEASURED),
            },
            (_, Meaning::Success) => Verdict::Good,
        }
    }

    fn judge_cancelled(&self, elapsed: u64) -> Verdict {
        match self.cancel {
            CancelPolicy::BadIfOlder(limit) if elapsed > nanos(limit) => Verdict::Bad(Reason::CANCELLED),
            CancelPolicy::Bad => Verdict::Bad(Reason::CANCELLED),
            CancelPolicy::Good => Verdict::Good,
            _ => Verdict::Excluded(Reason::CANCELLED),
        }
    }
}

/// Whether the events it judges are reads of data, each with the age of what was read.
const fn is_of_reads(indicator: Indicator) -> bool {
    matches!(indicator, Indicator::Freshness { .. })
}

/// What the service's own code makes of an event: nothing else is heard, so that what it leaves open is excluded.
fn judge_by_word(facts: Facts) -> Verdict {
    let word = match facts {
        Facts::NoHead { .. } => Word::Nothing,
        Facts::Untimed { word } | Facts::Head { word, .. } => word,
    };
    match said(word) {
        None => Verdict::Excluded(Reason::UNSAID),
        Some(Meaning::Success) => Verdict::Good,
        Some(Meaning::Failure(reason)) => Verdict::Bad(reason),
        Some(Meaning::Excluded(reason)) => Verdict::Excluded(reason),
    }
}

/// How long an event took, as far as one rule can tell.
#[derive(Clone, Copy, Debug)]
enum Timing {
    /// The measured point was reached after this long.
    Reached(u64),
    /// It ended after this long without reaching the point, and why.
    NotReached(u64, Reason),
    /// Nobody measured.
    None,
}

/// What the handler's word makes of the outcome, when it says anything about it.
fn said(word: Word) -> Option<Meaning> {
    match word {
        Word::Nothing | Word::Degraded => None,
        Word::Good | Word::GoodButDegraded => Some(Meaning::Success),
        Word::Bad => Some(Meaning::Failure(Reason::HANDLER)),
        Word::Excluded => Some(Meaning::Excluded(Reason::HANDLER)),
    }
}

/// The statuses that the default rules treat unlike their neighbours.
pub(crate) const NAMED: [u16; 6] = [101, 404, 405, 408, 429, 504];
/// Where no route matched, this is gRPC's 404.
const UNIMPLEMENTED: Code = Code::grpc(12);

/// Why a response with this code is a failure.
fn failure(code: Code) -> Reason {
    match (code.number(), code.as_grpc()) {
        (408 | 504, _) | (_, Some(4)) => Reason::TIMEOUT,
        (_, Some(8)) => Reason::RESOURCE_EXHAUSTED,
        _ if code == Code::NO_GRPC_STATUS => Reason::NO_GRPC_STATUS,
        _ => Reason::SERVER_ERROR,
    }
}

/// Why a body is our failure, if it is.
fn body_failure(ending: Ending) -> Option<Reason> {
    match ending {
        Ending::Failed | Ending::TimedOut | Ending::Refused => Some(Reason::BODY_ERROR),
        Ending::Panicked => Some(Reason::PANIC),
        Ending::Completed | Ending::Dropped => None,
    }
}

/// What is reported of an event on its route: the same for every SLO.
pub(crate) fn outcome(facts: Facts) -> Outcome {
    match facts {
        Facts::NoHead { ending, .. } => match ending {
            Ending::Dropped => Outcome::Cancelled,
            Ending::Panicked => Outcome::Panicked,
            Ending::TimedOut => Outcome::TimedOut,
            Ending::Refused => Outcome::Refused,
            Ending::Failed | Ending::Completed => Outcome::ServiceError,
        },
        Facts::Untimed { word } => said_outcome(word).unwrap_or(Outcome::Success),
        Facts::Head { code, word, body, .. } => match body.map(|body| body.ending) {
            Some(Ending::Failed | Ending::TimedOut | Ending::Refused) => Outcome::BodyFailed,
            Some(Ending::Panicked) => Outcome::Panicked,
            // A failure is one whether or not somebody reads about it.
            Some(Ending::Dropped) => match answered(code, word) {
                outcome if outcome.is_failure() => outcome,
                _ => Outcome::BodyDropped,
            },
            Some(Ending::Completed) | None => answered(code, word),
        },
    }
}

/// What is reported of a complete response.
fn answered(code: Code, word: Word) -> Outcome {
    said_outcome(word).unwrap_or(match code {
        Code::NO_GRPC_STATUS => Outcome::NoStatus,
        _ if code.is_failure() => Outcome::ServerError,
        _ if code.is_client_error() => Outcome::ClientError,
        _ => Outcome::Success,
    })
}

fn said_outcome(word: Word) -> Option<Outcome> {
    match word {
        Word::Nothing | Word::Degraded => None,
        Word::Good | Word::GoodButDegraded => Some(Outcome::Success),
        Word::Bad => Some(Outcome::SaidBad),
        Word::Excluded => Some(Outcome::SaidExcluded),
    }
}
