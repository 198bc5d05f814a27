//! The clients' own books: what they received and where they gave up.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

use http::StatusCode;

/// What clients saw, by route.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) routes: BTreeMap<&'static str, Seen>,
}

/// What clients saw of one route.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Responses received in full.
    pub(crate) statuses: BTreeMap<StatusCode, u64>,
    /// Those below 500 that were fast by the client's own watch. By the server's, which starts later and stops earlier,
    /// they all are; there may be more.
    pub(crate) fast: u64,
    /// Requests given up while the response was outstanding.
    pub(crate) abandoned: u64,
}

impl Tally {
    /// A response in full; `fast` by the client's own watch.
    pub(crate) fn received(&mut self, route: &'static str, status: StatusCode, fast: bool) {
        let seen = self.routes.entry(route).or_default();
        *seen.statuses.entry(status).or_default() += 1;
        seen.fast += u64::from(fast && !status.is_server_error());
    }

    pub(crate) fn gave_up(&mut self, route: &'static str) {
        self.routes.entry(route).or_default().abandoned += 1;
    }

    /// All that were answered.
    pub(crate) fn answered(&self) -> u64 {
        self.routes.values().map(|seen| seen.answered(|_| true)).sum()
    }

    /// All that were given up.
    pub(crate) fn abandoned(&self) -> u64 {
        self.routes.values().map(|seen| seen.abandoned).sum()
    }
}

impl Seen {
    /// Responses received with such a status.
    pub(crate) fn answered(&self, such: impl Fn(StatusCode) -> bool) -> u64 {
        let such = self.statuses.iter().filter(|(status, _)| such(**status));
        such.map(|(_, count)| count).sum()
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        for (route, seen) in other.routes {
            let sum = self.routes.entry(route).or_default();
            for (status, count) in seen.statuses {
                *sum.statuses.entry(status).or_default() += count;
            }
            sum.fast += seen.fast;
            sum.abandoned += seen.abandoned;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (answered, abandoned) = (self.answered(), self.abandoned());
        writeln!(f, "clients: {} requests, {answered} answered, {abandoned} given up", answered + abandoned)?;
        for (route, seen) in &self.routes {
            write!(f, "  {route} ")?;
            for (status, count) in &seen.statuses {
                write!(f, " {count} x {};", status.as_u16())?;
            }
            writeln!(f, " {} given up", seen.abandoned)?;
        }
        Ok(())
    }
}
