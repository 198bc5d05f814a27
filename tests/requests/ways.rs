//! Every way a request can end, one row each: what the client does, and what has to be counted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use goodput::{Goodput, JudgedAt, Measure, Outcome, Slo};
use http::Method;

use crate::servers::Server;

/// One way a request ends.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    /// `{seat}` stands for the number of the client's seat.
    pub(crate) path: &'static str,
    pub(crate) client: Client,
    /// Where client and server wait for each other.
    pub(crate) stands: Stands,
    /// How long they stand there, on the stopwatch.
    pub(crate) held: Duration,
    /// The route it is counted on.
    pub(crate) route: &'static str,
    /// How it ended, where some SLO waits for the end.
    pub(crate) outcome: Outcome,
    /// The same where none does.
    pub(crate) outcome_at_head: Outcome,
    /// What each of [`SLOS`] makes of it.
    pub(crate) verdicts: [&'static str; SLOS.len()],
}

/// What the client does and has to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// Reads a whole response of this status and body.
    Reads(u16, &'static str),
    /// Reads a head and some bytes, and then an error.
    SeesItTorn,
    /// Sees no response at all; a catching layer turns that into a 500.
    SeesThePanic,
    /// Sees no response at all.
    GetsNoAnswer,
    /// Goes away while the handler works.
    LeavesBeforeTheHead,
    /// Goes away after the first bytes of the body.
    LeavesMidBody,
}

/// Where client and server wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stands {
    Nowhere,
    /// The handler has the request and waits.
    BeforeTheHead,
    /// The client has the first bytes and the body waits.
    MidBody,
}

/// The SLOs, all on every route: decided at the end, at the head, or measured at either.
pub(crate) const SLOS: [&str; 5] = ["available", "available-at-head", "fast", "whole", "undegraded"];

/// Those of them that are decided at the head.
const SLOS_AT_HEAD: [&str; 2] = ["available-at-head", "fast"];

/// Longer than `fast` allows, shorter than everything else.
pub(crate) const A_WHILE: Duration = Duration::from_secs(1);
/// Longer than `whole` allows, and than a client is expected to wait: four times that.
pub(crate) const LONG: Duration = Duration::from_secs(10);

/// An instance whose SLOs are [`SLOS`], or those of them that wait for nothing after the head.
pub(crate) fn instance(waits_for_the_end: bool) -> goodput::GoodputBuilder {
    let builder = Goodput::builder("house")
        .exclude_routes(["/health"])
        .slo(Slo::availability("available-at-head", "99.9%").judged_at(JudgedAt::Head))
        .slo(Slo::latency("fast", "99%", Duration::from_millis(300)));
    if !waits_for_the_end {
        return builder.server_deadline(Duration::from_secs(8));
    }
    builder
        .slo(Slo::availability("available", "99.9%"))
        .slo(Slo::latency("whole", "99%", Duration::from_secs(2)).measure(Measure::End))
        .slo(Slo::quality("undegraded", "99%"))
}

const CANCELLED: &str = "excluded (cancelled)";
const ALL_GOOD: [&str; 5] = ["good"; 5];

/// A failure for which the service is to blame: nothing can be said about its speed or quality.
const fn failed(bad: &'static str) -> [&'static str; 5] {
    [bad, bad, "excluded (failed)", "excluded (failed)", "excluded (failed)"]
}

const fn excluded(reason: &'static str) -> [&'static str; 5] {
    [reason; 5]
}

/// The rows. In the verdicts: `available`, `available-at-head`, `fast`, `whole`, `undegraded`.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(crate) fn ways() -> Vec<Way> {
    use Client::{GetsNoAnswer, LeavesBeforeTheHead, LeavesMidBody, Reads, SeesItTorn, SeesThePanic};
    use Outcome::{
        BodyDropped, BodyFailed, Cancelled, ClientError, Panicked, SaidBad, SaidExcluded, ServerError, ServiceError,
        Success,
    };
    let slow = "bad (slow)";
    vec![
        // Served.
        way("served", "/users/{seat}", Reads(200, "hello"), Success, ALL_GOOD),
        way("HEAD of a GET", "/stream", Reads(200, ""), Success, ALL_GOOD).method(Method::HEAD),
        way("uploaded", "/upload", Reads(200, "payload"), Success, ALL_GOOD).method(Method::POST),
        way("no content", "/deleted", Reads(204, ""), Success, ALL_GOOD),
        way("not modified", "/unchanged", Reads(304, ""), Success, ALL_GOOD),
        way("streamed", "/stream", Reads(200, "onetwothree"), Success, ALL_GOOD),
        way("streamed to a declared length", "/download", Reads(200, "onetwothree"), Success, ALL_GOOD),
        way("streamed with trailers", "/trailers", Reads(200, "one"), Success, ALL_GOOD),
        way("events", "/events", LeavesMidBody, Success, ALL_GOOD).stands(Stands::MidBody, Duration::ZERO),
        way("served without a route", "/static/logo", Reads(200, "logo"), Success, ALL_GOOD).on("unmatched"),
        way("item not found", "/missing", Reads(404, "no such item"), ClientError, ALL_GOOD),
        // Slow.
        way("slow", "/slow/{seat}", Reads(200, "at last"), Success, ["good", "good", slow, "good", "good"])
            .stands(Stands::BeforeTheHead, A_WHILE),
        way("very slow", "/slow/{seat}", Reads(200, "at last"), Success, ["good", "good", slow, slow, "good"])
            .stands(Stands::BeforeTheHead, LONG),
        way("slow body", "/slow-body/{seat}", Reads(200, "onetwo"), Success, ["good", "good", "good", slow, "good"])
            .stands(Stands::MidBody, LONG),
        // Failed.
        way("server error", "/broken", Reads(500, "broken"), ServerError, failed("bad (server_error)")),
        way(
            "slow server error",
            "/slow-broken/{seat}",
            Reads(500, "broken"),
            ServerError,
            ["bad (server_error)", "bad (server_error)", slow, slow, "excluded (failed)"],
        )
        .stands(Stands::BeforeTheHead, LONG),
        way("gateway timeout", "/late", Reads(504, "late"), ServerError, failed("bad (timeout)")),
        way("request timeout", "/too-slow-for-us", Reads(408, "slow you"), ServerError, failed("bad (timeout)")),
        way("service error", "/refused", GetsNoAnswer, ServiceError, failed("bad (service_error)")),
        way("panic in the handler", "/panics", SeesThePanic, Panicked, failed("bad (panic)")),
        way("panic before the handler's future", "/panics-at-once", SeesThePanic, Panicked, failed("bad (panic)")),
        way(
            "panic in the body",
            "/body-panics/{seat}",
            SeesItTorn,
            Panicked,
            ["bad (panic)", "good", "good", "excluded (panic)", "excluded (failed)"],
        )
        .stands(Stands::MidBody, Duration::ZERO)
        .at_head(Success),
        way(
            "body failed",
            "/torn/{seat}",
            SeesItTorn,
            BodyFailed,
            ["bad (body_error)", "good", "good", "excluded (body_error)", "excluded (failed)"],
        )
        .stands(Stands::MidBody, Duration::ZERO)
        .at_head(Success),
        way(
            "body failed late",
            "/torn/{seat}",
            SeesItTorn,
            BodyFailed,
            ["bad (body_error)", "good", "good", slow, "excluded (failed)"],
        )
        .stands(Stands::MidBody, LONG)
        .at_head(Success),
        // The client went away.
        way("gone", "/waits/{seat}", LeavesBeforeTheHead, Cancelled, [CANCELLED; 5])
            .stands(Stands::BeforeTheHead, Duration::ZERO),
        way(
            "gone after a while",
            "/waits/{seat}",
            LeavesBeforeTheHead,
            Cancelled,
            [CANCELLED, CANCELLED, "bad (cancelled)", CANCELLED, CANCELLED],
        )
        .stands(Stands::BeforeTheHead, A_WHILE),
        way(
            "gone after a long time",
            "/waits/{seat}",
            LeavesBeforeTheHead,
            Cancelled,
            ["bad (cancelled)", "bad (cancelled)", "bad (cancelled)", "bad (cancelled)", CANCELLED],
        )
        .stands(Stands::BeforeTheHead, LONG),
        way(
            "gone mid-body",
            "/endless",
            LeavesMidBody,
            BodyDropped,
            ["good", "good", "good", "excluded (body_dropped)", "good"],
        )
        .stands(Stands::MidBody, Duration::ZERO)
        .at_head(Success),
        way("gone mid-body late", "/endless", LeavesMidBody, BodyDropped, ["good", "good", "good", slow, "good"])
            .stands(Stands::MidBody, LONG)
            .at_head(Success),
        // The handler's word.
        way("said bad", "/wrong-total", Reads(200, "7"), SaidBad, failed("bad (wrong_total)")),
        way("said excluded", "/declined", Reads(402, "no"), SaidExcluded, excluded("excluded (card_declined)")),
        way("said good", "/forgiven", Reads(503, "fine"), Success, ALL_GOOD),
        way("degraded", "/cached", Reads(200, "old"), Success, ["good", "good", "good", "good", "bad (degraded)"]),
        // Not the service's doing.
        way("rate limited", "/limited", Reads(429, "wait"), ClientError, excluded("excluded (rate_limited)")),
        way("wrong method", "/users/{seat}", Reads(405, ""), ClientError, excluded("excluded (method_not_allowed)"))
            .method(Method::DELETE),
        way("no such page", "/wp-login.php", Reads(404, ""), ClientError, excluded("excluded (not_found)"))
            .on("unmatched"),
        way("health check", "/health", Reads(200, "up"), Success, excluded("excluded (route_excluded)")),
    ]
}

/// A GET of a path that is its own template.
fn way(name: &'static str, path: &'static str, client: Client, outcome: Outcome, verdicts: [&'static str; 5]) -> Way {
    let (stands, held) = (Stands::Nowhere, Duration::ZERO);
    let (route, outcome_at_head) = (path, outcome);
    Way { name, method: Method::GET, path, client, stands, held, route, outcome, outcome_at_head, verdicts }
}

impl Way {
    fn method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    fn on(self, route: &'static str) -> Self {
        Self { route, ..self }
    }

    fn stands(self, stands: Stands, held: Duration) -> Self {
        Self { stands, held, ..self }
    }

    fn at_head(self, outcome_at_head: Outcome) -> Self {
        Self { outcome_at_head, ..self }
    }

    /// A service inside axum's router cannot fail: it always has an answer.
    pub(crate) fn exists_on(&self, server: Server) -> bool {
        !(self.client == Client::GetsNoAnswer && server == Server::Axum)
    }
}

/// What has to be counted, or was: how often, by what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted(BTreeMap<String, u64>);

impl Counted {
    /// `times` requests that ended this way have to be counted.
    pub(crate) fn expect(&mut self, way: &Way, times: u64, waits_for_the_end: bool) {
        let outcome = if waits_for_the_end { way.outcome } else { way.outcome_at_head };
        self.add("begun".to_owned(), times);
        self.add("finished".to_owned(), times);
        self.add(format!("{} {outcome}", way.route), times);
        for (slo, verdict) in SLOS.iter().zip(way.verdicts) {
            if waits_for_the_end || SLOS_AT_HEAD.contains(slo) {
                self.add(format!("{slo}: {verdict}"), times);
                if let Some((verdict, _reason)) = verdict.split_once(' ') {
                    self.add(format!("{slo}: {verdict}"), times);
                }
            }
        }
        match way.outcome {
            Outcome::SaidBad => self.add(format!("{} said bad (wrong_total)", way.route), times),
            Outcome::SaidExcluded => self.add(format!("{} said excluded (card_declined)", way.route), times),
            _ => {}
        }
    }

    /// What `goodput` counted.
    pub(crate) fn by(goodput: &Goodput) -> Self {
        let status = goodput.status();
        let mut counted = Self::default();
        counted.add("in flight".to_owned(), status.in_flight);
        for route in &status.routes {
            counted.add("begun".to_owned(), route.begun);
            for (outcome, count) in &route.outcomes {
                counted.add("finished".to_owned(), *count);
                counted.add(format!("{} {outcome}", route.template), *count);
            }
            for said in &route.said {
                counted.add(format!("{} said {}", route.template, said.verdict), said.count);
            }
        }
        for slo in &status.slos {
            for (verdict, count) in
                [("good", slo.counts.good), ("bad", slo.counts.bad), ("excluded", slo.counts.excluded)]
            {
                counted.add(format!("{}: {verdict}", slo.name), count);
            }
            for reason in &slo.reasons {
                counted.add(format!("{}: {}", slo.name, reason.verdict), reason.count);
            }
        }
        counted
    }

    fn add(&mut self, what: String, count: u64) {
        if count > 0 {
            *self.0.entry(what).or_default() += count;
        }
    }

    pub(crate) fn count(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }

    /// Fails with one line for each count that is not as expected.
    #[track_caller]
    pub(crate) fn assert_is(&self, expected: &Self, when: &str) {
        let keys: BTreeSet<&String> = self.0.keys().chain(expected.0.keys()).collect();
        let wrong = keys.into_iter().filter(|what| self.count(what) != expected.count(what));
        let lines: Vec<_> =
            wrong.map(|w| format!("\n  {w}: counted {}, happened {}", self.count(w), expected.count(w))).collect();
        assert!(lines.is_empty(), "{when}:{}", lines.concat());
    }

    /// What must hold of every reading, also while requests end: nothing ends that has not begun, and nothing is bad or
    /// excluded without a reason. Reasons are read last, and may be ahead.
    #[track_caller]
    pub(crate) fn assert_is_sound(&self) {
        assert!(self.count("finished") <= self.count("begun"), "{self:#?}");
        for slo in SLOS {
            for verdict in ["bad", "excluded"] {
                let reasons = self.0.iter().filter(|(what, _)| what.starts_with(&format!("{slo}: {verdict} (")));
                let reasons: u64 = reasons.map(|(_, count)| count).sum();
                assert!(self.count(&format!("{slo}: {verdict}")) <= reasons, "{slo}: {verdict} by reason in {self:#?}");
            }
        }
    }

    /// Nothing but what is in flight ever goes down.
    #[track_caller]
    pub(crate) fn assert_has_grown_from(&self, before: &Self) {
        let counts = before.0.iter().filter(|(what, _)| *what != "in flight");
        let shrunk: Vec<_> = counts.filter(|(what, count)| self.count(what) < **count).collect();
        assert!(shrunk.is_empty(), "{shrunk:?} before, {self:#?} now");
    }
}
