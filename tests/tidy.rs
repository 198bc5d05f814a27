//! Tidiness as tests: what a reviewer would otherwise have to remember.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_source_file_begins_with_its_idea() {
    let silent = sources().filter(|file| !begins_with_idea(&file.text));
    none("begins without a `//!` sentence", silent.map(|file| file.path));
}

#[test]
fn no_example_is_longer_than_150_lines() {
    let examples = sources().filter(|file| file.path.starts_with("examples/"));
    let long = examples.filter(|file| file.text.lines().count() > 150);
    none("is longer than 150 lines", long.map(|file| file.path));
}

#[test]
fn the_front_page_is_the_crate_page() {
    assert!(read("README.md") == read("crates/goodput/README.md"), "README.md and crates/goodput/README.md differ");
}

/// What a fuzzer begins with has to hold, or it looks at nothing but the check at the door.
#[test]
fn the_fuzzers_states_are_states_and_the_bodies_of_those() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/state");
    let seed = |name: &str| fs::read(seeds.join(name)).unwrap();
    for name in ["empty", "small", "fires"] {
        let state = seed(name);
        assert_eq!(seed(&format!("{name}-body")), state[18..], "{name}");
        let memory = goodput::Memory::decode(state).unwrap();
        assert_eq!(memory.slos().any(|slo| slo.standings().count() > 0), name != "empty", "{name}");
    }
}

#[test]
fn nothing_is_left_for_later() {
    // In two pieces, so that this file does not hold what it looks for.
    let marks = [["todo", "!"], ["unimplemented", "!"], ["FIX", "ME"], ["#[ign", "ore"], ["@", "@"]]
        .map(|pieces| pieces.concat());
    none("leaves something for later", files().flat_map(|file| file.lines_with(&marks)));
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    let marks = [["/wo", "rk/"], ["/ro", "ot/"]].map(|pieces| pieces.concat());
    none("names a path of one machine", files().flat_map(|file| file.lines_with(&marks)));
}

#[test]
fn every_library_forbids_unsafe_code() {
    let libraries = files().filter(|file| file.is_in_crate("src/lib.rs"));
    let bold = libraries.filter(|file| !file.has_line("#![forbid(unsafe_code)]"));
    none("lacks `#![forbid(unsafe_code)]`", bold.map(|file| file.path));
}

#[test]
fn every_crate_takes_licence_rust_version_and_lints_from_the_workspace() {
    let inherited = ["license.workspace = true", "rust-version.workspace = true", "[lints]\nworkspace = true"];
    let own = manifests().filter(|file| !inherited.iter().all(|lines| file.text.contains(lines)));
    none("does not inherit from the workspace", own.map(|file| file.path));
}

#[test]
fn every_crate_says_what_it_is() {
    let silent = manifests().filter(|file| !file.text.contains("\ndescription = \""));
    none("has no description", silent.map(|file| file.path));
}

#[test]
fn every_dependency_on_the_request_path_gives_its_reason() {
    let watched = ["crates/goodput-core/Cargo.toml", "crates/goodput-tower/Cargo.toml"];
    let manifests = manifests().filter(|file| watched.contains(&file.path.as_str()));
    none("has no `#` comment that gives its reason", manifests.flat_map(|file| dependencies_without_reason(&file)));
}

#[test]
fn crates_whose_types_cross_borders_have_one_version() {
    let shared = ["http", "http-body", "hyper", "opentelemetry", "opentelemetry_sdk", "tonic", "tower"];
    let lock = read("Cargo.lock");
    let versions = |name: &str| lock.matches(&format!("\nname = \"{name}\"\n")).count();
    none("has two versions in Cargo.lock", shared.into_iter().filter(|name| versions(name) > 1));
}

#[test]
fn every_invariant_is_held_by_a_test_that_exists() {
    let architecture = read("ARCHITECTURE.md");
    let holders = holders(&architecture);
    assert!(!holders.is_empty(), "ARCHITECTURE.md names no test after \"Held by\"");

    let sources: Vec<File> = sources().collect();
    let exists = |holder: &str| {
        let name = holder.rsplit("::").next().unwrap_or(holder);
        sources.iter().any(|file| file.text.contains(&format!("fn {name}(")))
    };
    none("is named in ARCHITECTURE.md but does not exist", holders.into_iter().filter(|holder| !exists(holder)));
}

#[test]
fn ci_runs_what_a_developer_runs() {
    assert_eq!(read(".ci/run").lines().last(), Some("exec cargo xtask test"));
}

/// A text file of the workspace.
struct File {
    /// From the root of the workspace, with `/` between folders.
    path: String,
    text: String,
}

impl File {
    /// Whether this is `crates/<any>/<path>`.
    fn is_in_crate(&self, path: &str) -> bool {
        let inner = self.path.strip_prefix("crates/").and_then(|rest| rest.split_once('/'));
        inner.is_some_and(|(_, rest)| rest == path)
    }

    fn has_line(&self, wanted: &str) -> bool {
        self.text.lines().any(|line| line == wanted)
    }

    /// `path:line: text` for each line that holds one of `marks`.
    fn lines_with(&self, marks: &[String]) -> Vec<String> {
        let marked = self.text.lines().enumerate().filter(|(_, line)| marks.iter().any(|mark| line.contains(mark)));
        marked.map(|(index, line)| format!("{}:{}: {}", self.path, index + 1, line.trim())).collect()
    }
}

fn sources() -> impl Iterator<Item = File> {
    files().filter(|file| Path::new(&file.path).extension().is_some_and(|extension| extension == "rs"))
}

fn manifests() -> impl Iterator<Item = File> {
    files().filter(|file| file.is_in_crate("Cargo.toml"))
}

/// Every text file outside build output, in the order of their paths; what is not UTF-8 is not text.
fn files() -> impl Iterator<Item = File> {
    const NOT_OURS: [&str; 3] = [".git", "node_modules", "target"];
    let mut files = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(at_root(&folder)).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            let name = entry.file_name().into_string().unwrap();
            let path = format!("{folder}{name}");
            if NOT_OURS.contains(&name.as_str()) {
                continue;
            }
            if kind.is_dir() {
                folders.push(format!("{path}/"));
            } else if kind.is_file()
                && let Ok(text) = String::from_utf8(fs::read(entry.path()).unwrap())
            {
                files.push(File { path, text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.into_iter()
}

#[track_caller]
fn read(path: &str) -> String {
    let text = fs::read_to_string(at_root(path));
    assert!(text.is_ok(), "{path} does not exist");
    text.unwrap()
}

fn at_root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn begins_with_idea(text: &str) -> bool {
    text.lines().next().and_then(|line| line.strip_prefix("//! ")).is_some_and(|idea| !idea.trim().is_empty())
}

/// The reason stands at the end of the line or on the line above. Our own crates need none.
fn dependencies_without_reason(manifest: &File) -> Vec<String> {
    let mut section = "";
    let mut above = "";
    let mut silent = Vec::new();
    for line in manifest.text.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let is_dependency = section.ends_with("dependencies]")
            && !section.ends_with("dev-dependencies]")
            && line.starts_with(|first: char| first.is_ascii_alphabetic())
            && !line.starts_with("goodput-");
        if is_dependency && !line.contains('#') && !above.starts_with('#') {
            silent.push(format!("{}: {line}", manifest.path));
        }
        above = line;
    }
    silent
}

/// The names after each "Held by": in backticks, separated by commas, "and" or line breaks.
fn holders(text: &str) -> Vec<&str> {
    let mut holders = Vec::new();
    for mut rest in text.split("Held by").skip(1) {
        while let Some((holder, after)) = rest.trim_start().strip_prefix('`').and_then(|rest| rest.split_once('`')) {
            holders.push(holder);
            rest = after.trim_start_matches([',', ' ', '\n']).trim_start_matches("and ");
        }
    }
    holders
}

/// Fails with one line for each offender.
#[track_caller]
fn none(offence: &str, offenders: impl Iterator<Item = impl AsRef<str>>) {
    let offenders: Vec<String> = offenders.map(|offender| format!("\n  {} {offence}", offender.as_ref())).collect();
    assert!(offenders.is_empty(), "{}", offenders.concat());
}
