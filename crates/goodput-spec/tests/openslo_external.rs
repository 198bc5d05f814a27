//! OpenSLO files that nobody here wrote: each is a definition, or told why not.
//!
//! `GOODPUT_EXTERNAL` names a folder with copies of public repositories, `openslo` and `sloth`. Without it there is nothing to do.

use std::fs;
use std::path::{Path, PathBuf};

use goodput_spec::{Diagnostic, Source, openslo};

/// Every YAML file below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(path);
        }
    }
}

#[test]
fn every_file_is_a_definition_or_is_told_what_cannot_be_represented() {
    let Some(folder) = std::env::var_os("GOODPUT_EXTERNAL").map(PathBuf::from).filter(|folder| folder.is_dir()) else {
        println!("skipped: GOODPUT_EXTERNAL names no folder");
        return;
    };
    let mut all = Vec::new();
    files(&folder, &mut all);
    all.sort();
    let mut read = 0;
    for path in all {
        let text = fs::read_to_string(&path).unwrap();
        if !text.lines().any(|line| line.trim_start().starts_with("apiVersion: openslo/")) {
            continue;
        }
        read += 1;
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        match openslo::read(&Source::new(name.as_str(), text)) {
            Ok(document) => {
                assert_eq!(document.definition.check(), [], "{name}");
                println!("{name}: {} SLOs, {} warnings", document.definition.slos.len(), document.warnings.len());
            }
            Err(diagnostics) => {
                let codes: Vec<&str> = diagnostics.iter().map(Diagnostic::code).collect();
                println!("{name}: {codes:?}");
                for diagnostic in &diagnostics {
                    assert!(diagnostic.primary().is_some(), "{name}: {}", diagnostic.message());
                }
                if std::env::var_os("GOODPUT_EXTERNAL_SHOW").is_some() {
                    println!("{diagnostics}\n");
                }
            }
        }
    }
    assert!(read > 0, "{} has no OpenSLO file", folder.display());
}
