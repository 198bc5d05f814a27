//! A step is one truth about the workspace, with the tools and the work it takes to find out.

use cargo_metadata::Metadata;

use crate::tally::Tally;
use crate::tool::{Absence, Tool};

pub(crate) struct Step {
    /// What `--only` takes.
    pub(crate) name: &'static str,
    /// What is true when the step passes.
    pub(crate) truth: &'static str,
    /// What must be installed before the work can start.
    pub(crate) needs: &'static [Tool],
    /// The work. An error is a failure of this step, not of the run.
    pub(crate) work: fn(&Metadata) -> anyhow::Result<Tally>,
}

impl Step {
    pub(crate) fn run(&self, workspace: &Metadata) -> Tally {
        if let Some(tool) = self.needs.iter().find(|tool| !tool.is_installed()) {
            let why = format!("{}: not installed ({})", tool.name, tool.install);
            return match tool.absence {
                Absence::Fails => Tally::failed(&why),
                Absence::Skips => Tally::skipped(&why),
            };
        }
        let mut tally = (self.work)(workspace).unwrap_or_else(|error| Tally::failed(&format!("{error:#}")));
        if tally.failed > 0 {
            tally.notes.push(format!("       again: cargo xtask test --only {}", self.name));
        }
        tally
    }
}
