//! Packages every published crate and builds it from the package, without uploading.

use std::path::PathBuf;
use std::{env, fs};

use cargo_metadata::Metadata;
use cargo_metadata::camino::Utf8PathBuf;

use crate::invocation::cargo;
use crate::tally::Tally;

/// CI packages what is committed; a developer, what is about to be.
pub(crate) fn dry_run(workspace: &Metadata) -> anyhow::Result<Tally> {
    let target = forget_former_packages(workspace);
    let dirty = if env::var_os("CI").is_some() { "" } else { " --allow-dirty" };
    let mut unreachable = None;
    let tally = cargo(&format!("publish --workspace --dry-run{dirty}"))
        .env("CARGO_TARGET_DIR", target.as_str())
        .run_hearing_stderr(|line| unreachable = unreachable.or(registry_is_unreachable(line)))?;
    Ok(match unreachable {
        Some(why) if tally.failed > 0 => Tally::skipped(&format!("publish dry-run: {why}")),
        _ => tally,
    })
}

/// Cargo unpacks what it has just packaged into its cache of sources, and takes what is there under the same name and version
/// for the same; likewise what it has built of that. All of it is of a former run: without this, packages would be built against
/// each other's past. Returns an empty directory to build in.
fn forget_former_packages(workspace: &Metadata) -> Utf8PathBuf {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let sources = home.and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    for source in sources.into_iter().flatten().flatten() {
        // Registries that have a host carry its name; those of a dry run have none.
        if source.file_name().to_string_lossy().starts_with('-') {
            for package in workspace.workspace_packages() {
                // Nothing there, nothing to forget.
                let _ = fs::remove_dir_all(source.path().join(format!("{}-{}", package.name, package.version)));
            }
        }
    }
    let target = workspace.target_directory.join("publish");
    let _ = fs::remove_dir_all(&target);
    target
}

/// The package index must be asked for what the crates depend on, and cargo has no exit status for "no answer".
fn registry_is_unreachable(line: &str) -> Option<&'static str> {
    const SIGNS: &[(&str, &str)] = &[
        ("failed to download from", "the package registry cannot be reached"),
        ("--offline was specified", "cargo is told to stay offline"),
        ("crates-io is replaced with", "cargo is told to use another registry"),
    ];
    SIGNS.iter().find(|(sign, _)| line.contains(sign)).map(|&(_, why)| why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_differs_from_a_bad_package() {
        // As cargo 1.95 says it.
        for line in [
            "  failed to download from `https://index.crates.io/config.json`",
            "error: attempting to make an HTTP request, but --offline was specified",
            "error: crates-io is replaced with non-remote-registry source dir /vendor;",
        ] {
            assert!(registry_is_unreachable(line).is_some(), "{line}");
        }
        for line in [
            "error: 2 files in the working directory contain changes that were not yet committed into git:",
            "error: failed to verify package tarball",
        ] {
            assert_eq!(registry_is_unreachable(line), None, "{line}");
        }
    }
}
