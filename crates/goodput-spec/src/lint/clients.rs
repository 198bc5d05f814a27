//! When a request is over: clients that go away, the server's deadline, and answers that are only known at the end.

use goodput_model::{CancelPolicy, Indicator, JudgedAt, Measure};

use super::catalog::Lint;
use super::report::Report;
use super::site::Site;
use crate::duration::print;
use crate::route::{self, Form};

pub(super) const ABANDONED_CALLED_GOOD: Lint = Lint::new(
    "abandoned-called-good",
    "A request whose client gave up waiting counts as good.",
    "Clients go away when a service hangs: with this, the worse it hangs the better it looks. By default such a request is bad when \
     it was old and does not count when it was young. Sources: https://github.com/tower-rs/tower-http/issues/396 (a disconnect \
     after 10 s does say something about the service) and https://github.com/linera-io/linera-protocol/issues/6120 (a client \
     timeout kept 40 % of the requests out of the metrics).",
);

pub(super) const CLIENT_LIMIT_BEYOND_DEADLINE: Lint = Lint::new(
    "client-limit-beyond-deadline",
    "No client can wait longer than the server lets a request live.",
    "A client that goes away counts as bad once its request was older than the limit. The server ends every request at its own \
     deadline, which is earlier, so that no abandoned request is ever bad.",
);

pub(super) const CLIENT_LIMIT_WITHIN_THRESHOLD: Lint = Lint::new(
    "client-limit-within-threshold",
    "A client that goes away counts as bad while its request could still have been fast enough.",
    "Below the threshold nobody knows whether the answer would have been in time. By default an abandoned request is bad once it \
     is older than the threshold, and excluded before. Source: https://github.com/tower-rs/tower-http/issues/396.",
);

pub(super) const THRESHOLD_BEYOND_DEADLINE: Lint = Lint::new(
    "threshold-beyond-deadline",
    "No request can be slow: the server ends it before it is.",
    "Whatever takes longer than the server's deadline is answered with a failure by then, and a failure below the threshold is no \
     slow success. The SLO cannot be missed by slowness. Ask for less than the deadline.",
);

pub(super) const GRPC_JUDGED_AT_HEAD: Lint = Lint::new(
    "grpc-judged-at-head",
    "gRPC calls are judged before their status comes.",
    "A gRPC status comes in trailers, after the body; the head says 200 for a call that fails. Judged at the head, nearly every \
     failure is good. Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.",
);

pub(super) fn check(site: &Site<'_>, report: &mut Report) {
    check_policy(site, report);
    check_deadline(site, report);
    check_head(site, report);
}

fn check_policy(site: &Site<'_>, report: &mut Report) {
    match site.slo.cancel_policy() {
        Some(CancelPolicy::Good) => {
            let message = site.says("a client that gives up counts as good: expected bad after some time");
            let diagnostic = ABANDONED_CALLED_GOOD.warn(message).at_place(site.place("classification.client_gone"), "");
            report.add_of(site, diagnostic.help("leave `client_gone` out, or write `client_gone: {bad_after: 5s}`"));
        }
        Some(CancelPolicy::BadIfOlder(limit)) => {
            let place = site.place("classification.client_gone");
            let deadline = site.definition.server_deadline.filter(|_| site.looks_at_requests());
            if let Some(deadline) = deadline.filter(|deadline| limit > *deadline) {
                let message = format!(
                    "a client that gives up is bad after {}, and the server ends requests after {}: expected less than that",
                    print(limit),
                    print(deadline)
                );
                let diagnostic = CLIENT_LIMIT_BEYOND_DEADLINE.warn(site.says(message)).at_place(place, "");
                report.add_of(site, diagnostic.help("leave `client_gone` out: the deadline is the limit then"));
            }
            let threshold = site.slo.indicator().threshold().map(|(threshold, _)| threshold);
            if let Some(threshold) = threshold.filter(|threshold| limit < *threshold) {
                let message = format!(
                    "a client that gives up is bad after {}, and {} still is fast enough: expected no less than that",
                    print(limit),
                    print(threshold)
                );
                let diagnostic = CLIENT_LIMIT_WITHIN_THRESHOLD.warn(site.says(message)).at_place(place, "");
                report.add_of(site, diagnostic.help("leave `client_gone` out: the threshold is the limit then"));
            }
        }
        _ => {}
    }
}

fn check_deadline(site: &Site<'_>, report: &mut Report) {
    // A deadline ends the wait for the head; a body may go on after it.
    let Some((threshold, Measure::Head)) = site.slo.indicator().threshold() else {
        return;
    };
    let deadline = site.definition.server_deadline.filter(|_| site.looks_at_requests());
    let Some(deadline) = deadline.filter(|deadline| threshold > *deadline) else {
        return;
    };
    let message = format!(
        "threshold {} is longer than the server's deadline of {}: expected less than that",
        print(threshold),
        print(deadline)
    );
    let diagnostic = THRESHOLD_BEYOND_DEADLINE.warn(site.says(message)).at_place(site.place("sli"), "");
    report.add_of(
        site,
        diagnostic.help(format!("ask for less than {}, the longest that a request takes", print(deadline))),
    );
}

fn check_head(site: &Site<'_>, report: &mut Report) {
    let needs_status = matches!(
        site.slo.indicator(),
        Indicator::Availability | Indicator::ErrorRate | Indicator::GoodAndFast { .. } | Indicator::Quality
    );
    if !needs_status || site.slo.decision_point() != JudgedAt::Head {
        return;
    }
    let method = site.routes().iter().find_map(|route| match route::form(route) {
        Form::Grpc(method) => Some(method),
        _ => None,
    });
    let Some(method) = method else {
        return;
    };
    let message = format!("{method} is judged at the head, before the gRPC status comes: expected at the end");
    let diagnostic = GRPC_JUDGED_AT_HEAD.warn(site.says(message)).at_place(site.place("classification.judged_at"), "");
    report.add_of(site, diagnostic.help("leave `judged_at` out, or write `judged_at: end`"));
}
