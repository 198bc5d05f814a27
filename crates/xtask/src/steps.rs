//! The steps of `cargo xtask test`, in order: to add one, add an entry.

use crate::invocation::cargo;
use crate::step::Step;
use crate::tool::{CARGO_DENY, CLIPPY, RUSTFMT};
use crate::{bench, features, fuzz, libtest, publish, services};

/// Cheap ones first, so that the common mistakes show early.
pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        truth: "every file is formatted",
        needs: &[RUSTFMT],
        work: |_| cargo("fmt --all -- --check").run(),
    },
    Step {
        name: "clippy",
        truth: "no target has a warning",
        needs: &[CLIPPY],
        work: |_| cargo("clippy --workspace --all-targets --all-features -- -D warnings").run(),
    },
    Step {
        name: "doc",
        truth: "the documentation builds and its links lead somewhere",
        needs: &[],
        work: |_| cargo("doc --workspace --no-deps --all-features").env("RUSTDOCFLAGS", "-D warnings").run(),
    },
    Step {
        name: "test",
        truth: "tests pass; examples and benches start",
        needs: &[],
        // Criterion runs each bench once unless it is given `--bench`.
        work: |_| libtest::run(services::with(cargo("test --workspace --all-targets --all-features --no-fail-fast"))),
    },
    Step {
        name: "doctest",
        truth: "examples in the documentation run",
        needs: &[],
        work: |_| libtest::run(cargo("test --workspace --doc --all-features --no-fail-fast")),
    },
    Step {
        name: "fuzz",
        truth: "no text brings a reader down: a minute of libFuzzer for each",
        needs: &[],
        work: fuzz::run,
    },
    Step {
        name: "gate",
        truth: "a request costs what it may, and a planted fault does not get past",
        needs: &[],
        work: bench::step,
    },
    Step {
        name: "peers",
        truth: "what compares goodput with its peers builds, and every peer counts what it is sent",
        needs: &[RUSTFMT],
        work: bench::peers::test,
    },
    Step {
        name: "features",
        truth: "each published crate builds alone: with no feature, each feature, all features",
        needs: &[CLIPPY],
        work: features::run,
    },
    Step {
        name: "publish",
        truth: "each published crate builds from its own package",
        needs: &[],
        work: publish::dry_run,
    },
    Step {
        name: "deny",
        truth: "licences, sources and versions of dependencies are as deny.toml says",
        needs: &[CARGO_DENY],
        work: |_| cargo("deny check licenses bans sources").run(),
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_name_means_one_step() {
        let names: HashSet<_> = STEPS.iter().map(|step| step.name).collect();
        assert_eq!(names.len(), STEPS.len());
    }
}
