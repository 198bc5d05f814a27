//! Purchases planned ahead: what payments will answer to each attempt, and what has to be counted of it.

use std::collections::BTreeMap;

/// One purchase.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// `buy` or `order`.
    verb: &'static str,
    /// What payments answers, attempt by attempt.
    statuses: [u16; 3],
}

impl Plan {
    /// A different mixture for each number.
    pub(crate) fn numbered(number: usize) -> Self {
        let digit = |place: u32| [200, 503, 404, 503, 500][number / 5_usize.pow(place) % 5];
        let verb = if number % 7 < 4 { "buy" } else { "order" };
        Self { verb, statuses: [digit(0), digit(1), digit(2)] }
    }

    pub(crate) fn path(&self) -> String {
        let [first, second, third] = self.statuses;
        format!("/{}/{first},{second},{third}", self.verb)
    }

    /// The attempts a retry makes of it: up to the first that is answered well.
    fn attempts(&self) -> &[u16] {
        let answered = self.statuses.iter().position(|status| *status < 500);
        answered.map_or(&self.statuses[..], |last| &self.statuses[..=last])
    }

    fn last(&self) -> u16 {
        self.attempts()[self.attempts().len() - 1]
    }

    /// What the shop's client has to see.
    pub(crate) fn answer(&self) -> u16 {
        if self.last() >= 500 && self.verb == "buy" { 502 } else { 200 }
    }
}

/// What has to be counted in the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected(BTreeMap<String, u64>);

impl Expected {
    pub(crate) fn add(&mut self, plan: &Plan) {
        let mut line = |name: String| *self.0.entry(name).or_default() += 1;
        let (outcome, verdict) = match plan.last() {
            500.. => ("server_error", "bad (server_error)"),
            400.. => ("client_error", "good"),
            _ => ("success", "good"),
        };
        for dependency in ["payments", "attempts"] {
            line(format!("dependency:{dependency}: {outcome}"));
            line(format!("{dependency}-ok: {verdict}"));
        }
        for _ in 1..plan.attempts().len() {
            line("dependency:attempts: server_error".to_owned());
            line("attempts-ok: bad (server_error)".to_owned());
        }
        let (outcome, verdict) =
            if plan.last() >= 500 { ("said_bad", "bad (dependency:payments)") } else { ("success", "good") };
        line(format!("/{}/{{plan}}: {outcome}", plan.verb));
        line(format!("shop-ok: {verdict}"));
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, count)| (name.as_str(), *count))
    }
}
