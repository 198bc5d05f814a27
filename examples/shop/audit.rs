//! Compares the clients' books with the server's counts, as strictly as the network allows.
//!
//! A response that was received is counted by its status: exactly once, exactly so. A request that was given up began
//! exactly once as well, but may have been answered at that very moment. So the server may know of more responses than
//! were received, by at most the requests given up: each is either such a response or counted as a client that left.

use goodput::{Definition, Indicator, Outcome, RouteStatus, Slo, SloStatus, Status};
use http::StatusCode;

use crate::tally::{Seen, Tally};

/// Everything on which the two do not agree.
pub(crate) fn differences(definition: &Definition, status: &Status, tally: &Tally) -> Vec<String> {
    let mut audit = Audit::default();
    audit.equal("all routes: in flight", 0, status.in_flight);
    let routes: Vec<&str> = tally.routes.keys().copied().collect();
    let mut known: Vec<&str> = status.routes.iter().map(|route| route.template.as_str()).collect();
    known.sort_unstable();
    if routes != known {
        audit.found.push(format!("clients used {routes:?}, the server saw {known:?}"));
    }
    for (template, seen) in &tally.routes {
        if let Some(route) = status.route(template) {
            audit.route(seen, route);
        }
    }
    for (slo, status) in definition.slos.iter().zip(&status.slos) {
        let on_its_routes = |(route, _): &(&&str, _)| definition.routes_of(slo).iter().any(|own| own == **route);
        let seen: Vec<&Seen> = tally.routes.iter().filter(on_its_routes).map(|(_, seen)| seen).collect();
        audit.slo(slo, &seen, status);
    }
    audit.found
}

/// How the server counts a response, and by which statuses the client knows it.
const STATUSES: [(Outcome, Such); 3] = [
    (Outcome::Success, |status| status.as_u16() < 400),
    (Outcome::ClientError, |status| status.is_client_error()),
    (Outcome::ServerError, |status| status.is_server_error()),
];
type Such = fn(StatusCode) -> bool;

#[derive(Debug, Default)]
struct Audit {
    found: Vec<String>,
}

impl Audit {
    fn route(&mut self, seen: &Seen, route: &RouteStatus) {
        let name = |what| format!("{}: {what}", route.template);
        let began = seen.answered(|_| true) + seen.abandoned;
        self.equal(&name("requests begun"), began, route.begun);

        let mut answered_anyway = 0;
        for (outcome, such) in STATUSES {
            let (received, counted) = (seen.answered(such), route.outcome(outcome));
            self.at_least(&name(outcome.label()), received, counted);
            answered_anyway += counted.saturating_sub(received);
        }
        let left = route.outcome(Outcome::Cancelled) + route.outcome(Outcome::BodyDropped);
        self.equal(&name("given up"), seen.abandoned, answered_anyway + left);
    }

    fn slo(&mut self, slo: &Slo, seen: &[&Seen], status: &SloStatus) {
        let name = |what| format!("{}: {what}", slo.name());
        let sum = |count: &dyn Fn(&Seen) -> u64| seen.iter().map(|seen| count(seen)).sum::<u64>();
        let failed = sum(&|seen| seen.answered(|status| status.is_server_error()));
        let answered = sum(&|seen| seen.answered(|_| true));
        let abandoned = sum(&|seen| seen.abandoned);
        self.equal(&name("events"), answered + abandoned, status.counts.total());
        match slo.indicator() {
            Indicator::Availability => {
                self.at_least(&name("good"), answered - failed, status.counts.good);
                self.at_least(&name("bad"), failed, status.counts.bad);
            }
            _ => self.at_least(&name("good"), sum(&|seen| seen.fast), status.counts.good),
        }
    }

    fn equal(&mut self, what: &str, clients: u64, server: u64) {
        if clients != server {
            self.found.push(format!("{what}: clients say {clients}, the server says {server}"));
        }
    }

    fn at_least(&mut self, what: &str, clients: u64, server: u64) {
        if server < clients {
            self.found.push(format!("{what}: clients say at least {clients}, the server says {server}"));
        }
    }
}
