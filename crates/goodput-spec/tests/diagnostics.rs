//! What is said of files that do not hold: each file of `bad/` beside what is shown for it.
//!
//! With `GOODPUT_UPDATE_GOLDEN=1` in the environment what is shown is written down anew, to be read as any change is.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::fs;
use std::path::{Path, PathBuf};

use goodput_spec::{Level, Source, read};

fn bad_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|extension| extension == "yaml")).collect();
    files.sort();
    files
}

fn source(file: &Path) -> Source {
    Source::new(file.file_name().unwrap().to_str().unwrap(), fs::read_to_string(file).unwrap())
}

#[test]
fn every_bad_file_is_refused_in_the_words_beside_it() {
    let update = std::env::var_os("GOODPUT_UPDATE_GOLDEN").is_some();
    let files = bad_files();
    assert!(files.len() > 20, "{files:?}");
    for file in files {
        let shown = format!("{}\n", read(&source(&file)).unwrap_err());
        let golden = file.with_extension("txt");
        if update {
            fs::write(&golden, &shown).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        assert!(shown == expected, "{} should be:\n{shown}", golden.display());
    }
}

#[test]
fn every_diagnostic_has_a_place_and_says_what_was_expected() {
    for file in bad_files() {
        let diagnostics = read(&source(&file)).unwrap_err();
        for (diagnostic, item) in diagnostics.iter().zip(diagnostics.items()) {
            let shown = || format!("{}: {}", file.display(), diagnostic.message());
            assert_eq!(diagnostic.level(), Level::Error);
            assert!(diagnostic.primary().is_some(), "{}", shown());
            assert!(item.start.is_some() && item.end >= item.start, "{}: {item:?}", shown());
            let says = diagnostic.message().contains("expected") || diagnostic.help_text().is_some();
            assert!(says || diagnostic.code() == "not-yaml", "{}", shown());
            let kebab = diagnostic.code().chars().all(|c| c.is_ascii_lowercase() || c == '-');
            assert!(kebab, "{}", diagnostic.code());
        }
    }
}
