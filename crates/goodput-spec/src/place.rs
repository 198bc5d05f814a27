//! Where each part of a definition was written.

use std::collections::BTreeMap;

use crate::Span;

/// Where each part of a definition was written: by the path of its keys, such as `slos.0.alerts.1.factor`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    by_path: BTreeMap<String, Span>,
    /// Where keys of the user's own stand: the names of labels and annotations.
    keys: BTreeMap<String, Span>,
}

impl Places {
    /// Records where the value at `path` stands. The empty path is the whole definition.
    pub fn insert(&mut self, path: impl Into<String>, span: Span) {
        self.by_path.insert(path.into(), span);
    }

    /// Where the value at `path`, such as `service` or `slos.0.objective`, stands: exactly there.
    pub fn get(&self, path: &str) -> Option<Span> {
        self.by_path.get(path).copied()
    }

    /// Records where a key of the user's own stands.
    pub(crate) fn insert_key(&mut self, path: impl Into<String>, span: Span) {
        self.keys.insert(path.into(), span);
    }

    /// Where a key of the user's own stands, such as that of `labels.team`.
    pub fn key(&self, path: &str) -> Option<Span> {
        self.keys.get(path).copied()
    }

    /// The place of `path`, or else of what holds it: an SLO's own place where its period was not written.
    pub fn nearest(&self, path: &str) -> Option<Span> {
        let mut path = path;
        loop {
            let span = self.get(path);
            if span.is_some() || path.is_empty() {
                return span;
            }
            path = path.rsplit_once('.').map_or("", |(holder, _)| holder);
        }
    }

    /// The nearest place of a key path (`objective`, `alerts.0.factor`, or empty) of the SLO of this index: in the SLO, else in
    /// the defaults, else the SLO itself.
    pub fn slo(&self, index: usize, path: &str) -> Option<Span> {
        let mut path = path;
        while !path.is_empty() {
            let own = self.get(&format!("slos.{index}.{path}"));
            if let Some(span) = own.or_else(|| self.get(&format!("defaults.{path}"))) {
                return Some(span);
            }
            path = path.rsplit_once('.').map_or("", |(holder, _)| holder);
        }
        self.nearest(&format!("slos.{index}"))
    }

    /// Gives what stands at `from` a second path: one place defines two things.
    pub(crate) fn repeat(&mut self, from: &str, to: &str) {
        let within = |path: &str| path.strip_prefix(from).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let copies: Vec<(String, Span)> = self
            .by_path
            .range(from.to_owned()..)
            .take_while(|(path, _)| path.starts_with(from))
            .filter(|(path, _)| within(path))
            .map(|(path, span)| (format!("{to}{}", path.get(from.len()..).unwrap_or_default()), *span))
            .collect();
        self.by_path.extend(copies);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_slo_does_not_say_stands_in_the_defaults_or_nowhere() {
        let mut places = Places::default();
        let at = |offset| Span::new(offset, offset + 1);
        for (offset, path) in
            ["", "defaults", "defaults.period", "slos.1", "slos.1.alerts", "slos.1.alerts.0"].iter().enumerate()
        {
            places.insert(*path, at(offset));
        }
        for (path, offset) in [("period", 2), ("alerts.0.factor", 5), ("alerts.1", 4), ("objective", 3), ("", 3)] {
            assert_eq!(places.slo(1, path), Some(at(offset)), "{path}");
        }
        assert_eq!(places.slo(0, "objective"), Some(at(0)));
        assert_eq!(Places::default().slo(0, "objective"), None);
        places.repeat("slos.1", "slos.2");
        assert_eq!(places.get("slos.2.alerts.0"), Some(at(5)));
        assert_eq!(places.get("slos.2"), Some(at(3)));
    }
}
