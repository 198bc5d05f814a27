//! The stored figures: instructions per request as they were when somebody last said that they were right.

use std::fs;
use std::io::ErrorKind;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::figures::Instructions;
use super::origin::Origin;

/// From the root of the workspace.
const PATH: &str = "crates/goodput-bench/baseline.json";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Baseline {
    pub(crate) origin: Origin,
    pub(crate) instructions: Instructions,
}

impl Baseline {
    /// None if none was ever stored.
    pub(crate) fn load() -> anyhow::Result<Option<Self>> {
        match fs::read(PATH) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).with_context(|| format!("failed to read {PATH}")),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("failed to read {PATH}")),
        }
    }

    /// Under another name first: whoever reads it meanwhile sees the old figures or the new ones, and never half of them.
    pub(crate) fn store(&self) -> anyhow::Result<()> {
        let beside = format!("{PATH}.{}", std::process::id());
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(&beside, text).with_context(|| format!("failed to write {beside}"))?;
        fs::rename(&beside, PATH).with_context(|| format!("failed to write {PATH}"))
    }

    /// One line for each figure, with what it was.
    pub(crate) fn changes(&self, before: Option<&Self>) -> Vec<String> {
        let mut lines: Vec<String> =
            before.and_then(|before| before.origin.differs(&self.origin)).into_iter().collect();
        for (case, now) in &self.instructions {
            lines.push(match before.and_then(|before| before.instructions.get(case)) {
                Some(was) => format!("{case:<10} {now:>8.1}, was {was:.1} ({:+.1} %)", (now / was - 1.0) * 100.0),
                None => format!("{case:<10} {now:>8.1}, is new"),
            });
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::origin::sample;

    #[test]
    fn every_figure_is_named_with_what_it_was() {
        let counts = |default| Instructions::from([("bare".to_owned(), 426.0), ("default".to_owned(), default)]);
        let before = Baseline { origin: sample(), instructions: counts(1_000.0) };
        let now = Baseline { origin: sample(), instructions: counts(400.0) };
        assert_eq!(
            now.changes(Some(&before)),
            ["bare          426.0, was 426.0 (+0.0 %)", "default       400.0, was 1000.0 (-60.0 %)"]
        );
        assert_eq!(now.changes(None), ["bare          426.0, is new", "default       400.0, is new"]);
    }
}
