//! The workspace that the commands are about, whatever folder they are called in.

use std::env;

use anyhow::Context;
use cargo_metadata::{Metadata, MetadataCommand};

/// Goes to its root: paths are relative to that from here on.
pub(crate) fn enter() -> anyhow::Result<Metadata> {
    let workspace = MetadataCommand::new().no_deps().exec().context("failed to read the workspace")?;
    env::set_current_dir(&workspace.workspace_root).context("failed to enter the workspace")?;
    Ok(workspace)
}
