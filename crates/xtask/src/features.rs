//! Builds each published crate alone, with the feature sets a user can reach first.

use std::collections::BTreeMap;

use cargo_metadata::{Metadata, Package, Target};

use crate::invocation::cargo;
use crate::tally::Tally;

/// Only library and binary targets are built, so no dev-dependency can lend a feature.
pub(crate) fn run(workspace: &Metadata) -> anyhow::Result<Tally> {
    let mut total = Tally::default();
    for package in workspace.workspace_packages().into_iter().filter(|package| is_published(package)) {
        for features in feature_sets(&package.features) {
            let line = format!("clippy -p {}{}{features} -- -D warnings", package.name, targets(package));
            total += cargo(&line).run()?;
        }
    }
    Ok(total)
}

/// `publish = false` is an empty list of registries.
fn is_published(package: &Package) -> bool {
    package.publish.as_ref().is_none_or(|registries| !registries.is_empty())
}

fn targets(package: &Package) -> &'static str {
    let has = |kind: fn(&Target) -> bool| package.targets.iter().any(kind);
    match (has(Target::is_lib), has(Target::is_bin)) {
        (true, true) => " --lib --bins",
        (false, true) => " --bins",
        _ => " --lib",
    }
}

/// None, each, all. With one feature, each is all.
fn feature_sets<T>(declared: &BTreeMap<String, T>) -> Vec<String> {
    let mut sets = vec![" --no-default-features".to_owned()];
    sets.extend(declared.keys().map(|feature| format!(" --no-default-features --features {feature}")));
    if declared.len() > 1 {
        sets.push(" --all-features".to_owned());
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(declared: &[&str], sets: &[&str]) {
        let declared = declared.iter().map(|&name| (name.to_owned(), ())).collect();
        assert_eq!(feature_sets(&declared), sets);
    }

    #[test]
    fn feature_sets_are_none_then_each_then_all() {
        check(&[], &[" --no-default-features"]);
        check(&["axum"], &[" --no-default-features", " --no-default-features --features axum"]);
        check(
            &["axum", "grpc"],
            &[
                " --no-default-features",
                " --no-default-features --features axum",
                " --no-default-features --features grpc",
                " --all-features",
            ],
        );
    }
}
