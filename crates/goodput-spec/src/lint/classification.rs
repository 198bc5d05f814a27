//! What statuses and gRPC codes were said to mean.

use goodput_model::StatusMeaning;

use super::catalog::Lint;
use super::report::Report;
use super::site::Site;
use super::words::list;
use crate::codes::{self, Code};

pub(super) const FAILURE_CALLED_GOOD: Lint = Lint::new(
    "failure-called-good",
    "A status or code by which a server says that it failed counts as good.",
    "5xx is the server's own word for \"I failed\"; so are the gRPC codes UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE and \
     DATA_LOSS. An SLO that counts them as good is met throughout an outage. If a single one is no fault of the service, exclude \
     what makes it, or let the handler say so with a verdict. Source: OpenTelemetry's semantic conventions \
     (https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status, and for gRPC \
     https://opentelemetry.io/docs/specs/semconv/rpc/grpc/).",
);

pub(super) const SUCCESS_CALLED_BAD: Lint = Lint::new(
    "success-called-bad",
    "A status or code of success counts as bad.",
    "Every request that went well spends budget: the two lists were probably swapped. Where a handler answers 200 for what it \
     could not do, let it say so with a verdict, so that the others stay good.",
);

pub(super) const OUTCOME_HIDDEN: Lint = Lint::new(
    "outcome-hidden",
    "Successes or failures are excluded by status, so that an outage, or its absence, is not seen.",
    "What is excluded is in no ratio. With 5xx excluded a service that only fails has no data and no alert; with 2xx excluded only \
     its failures count. Exclude what says nothing about the service: a caller's own mistakes, a scanner's noise, a quota.",
);

pub(super) fn check(site: &Site<'_>, report: &mut Report) {
    let statuses = site.slo.status_overrides().map(|rule| (Code::Status(rule.status), rule.meaning));
    let codes = site.slo.grpc_overrides().map(|rule| (Code::Grpc(rule.code), rule.meaning));
    let all: Vec<(Code, StatusMeaning)> = statuses.chain(codes).collect();
    let of = |meaning, which: &dyn Fn(Code) -> bool| -> Vec<String> {
        let of = all.iter().filter(|(code, own)| *own == meaning && which(*code));
        of.map(|(code, _)| codes::print(*code)).collect()
    };
    for (lint, found, key, expected) in [
        (
            &FAILURE_CALLED_GOOD,
            of(StatusMeaning::Success, &says_failure),
            "good",
            "expected failures of the server to be bad",
        ),
        (&SUCCESS_CALLED_BAD, of(StatusMeaning::Failure, &says_success), "bad", "expected successes to be good"),
        (
            &OUTCOME_HIDDEN,
            of(StatusMeaning::Excluded, &|code| says_failure(code) || says_success(code)),
            "excluded",
            "expected only what says nothing about the service",
        ),
    ] {
        if found.is_empty() {
            continue;
        }
        let message = site.says(format!("{key}: {}: {expected}", list(&found)));
        let place = site.place(&format!("classification.{key}"));
        let diagnostic = lint.warn(message).at_place(place, "");
        report.add_of(
            site,
            diagnostic.help(format!("leave {} out of `{key}`; a handler may give its own verdict", list(&found))),
        );
    }
}

fn says_success(code: Code) -> bool {
    matches!(code, Code::Status(200..300) | Code::Grpc(0))
}

/// UNIMPLEMENTED is not among them: it is what scanners are told.
fn says_failure(code: Code) -> bool {
    matches!(code, Code::Status(500..600) | Code::Grpc(2 | 4 | 13 | 14 | 15))
}
