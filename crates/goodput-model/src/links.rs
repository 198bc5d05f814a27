//! Where somebody who is paged finds what to do.

/// Where to look: addresses that alerts, dashboards and status carry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Links {
    /// What to do.
    pub runbook: Option<String>,
    /// What it looks like.
    pub dashboard: Option<String>,
    /// The requests it happened to.
    pub traces: Option<String>,
}

impl Links {
    /// Each link that is there, with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let named = [("runbook", &self.runbook), ("dashboard", &self.dashboard), ("traces", &self.traces)];
        named.into_iter().filter_map(|(name, link)| Some((name, link.as_deref()?)))
    }
}
