//! OpenSLO files of our own: each of `openslo/good` beside the definition it is and what is warned of, each of `openslo/bad` beside
//! what is said of it.
//!
//! With `GOODPUT_UPDATE_GOLDEN=1` in the environment what is shown is written down anew, to be read as any change is.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::fs;
use std::path::{Path, PathBuf};

use goodput_model::Definition;
use goodput_spec::{Diagnostics, Level, Source, openslo, print};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openslo").join(folder);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|extension| extension == "yaml")).collect();
    files.sort();
    files
}

fn source(file: &Path) -> Source {
    Source::new(file.file_name().unwrap().to_str().unwrap(), fs::read_to_string(file).unwrap())
}

/// Compares with what is written beside the file.
fn check(file: &Path, shown: &str) {
    let golden = file.with_extension("txt");
    if std::env::var_os("GOODPUT_UPDATE_GOLDEN").is_some() {
        fs::write(&golden, shown).unwrap();
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(shown, expected, "{}", file.display());
}

#[test]
fn every_good_file_is_the_definition_beside_it_with_the_warnings_beside_it() {
    let files = files("good");
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let source = source(&file);
        let document = openslo::read(&source).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
        let definition = &document.definition;
        assert_eq!(definition.check(), [], "{}", file.display());
        assert!(
            document.warnings.iter().all(|warning| warning.level() == Level::Warning && warning.primary().is_some())
        );
        check(&file, &format!("{}\n{}\n", print(definition), Diagnostics::of(&source, document.warnings.clone())));
    }
}

#[test]
fn every_bad_file_is_refused_in_the_words_beside_it() {
    let files = files("bad");
    assert!(files.len() >= 18, "{files:?}");
    for file in files {
        check(&file, &format!("{}\n", openslo::read(&source(&file)).unwrap_err()));
    }
}

#[test]
fn every_diagnostic_has_a_place_and_says_what_was_expected() {
    for file in files("bad") {
        let diagnostics = openslo::read(&source(&file)).unwrap_err();
        for (diagnostic, item) in diagnostics.iter().zip(diagnostics.items()) {
            let shown = || format!("{}: {}", file.display(), diagnostic.message());
            assert_eq!(diagnostic.level(), Level::Error, "{}", shown());
            assert!(item.start.is_some() && item.end >= item.start, "{}", shown());
            let says = diagnostic.message().contains("expected") || diagnostic.help_text().is_some();
            assert!(says || diagnostic.code() == "not-yaml", "{}", shown());
        }
    }
}

#[test]
fn every_good_file_survives_being_printed() {
    for file in files("good") {
        let definition = openslo::read(&source(&file)).unwrap().definition;
        let printed = openslo::print(&definition);
        let again = openslo::read(&Source::new("printed.yaml", printed.text)).unwrap();
        assert_eq!((again.definition, again.warnings.len()), (definition, 0), "{}", file.display());
    }
}

#[test]
fn what_has_no_objective_is_left_out_and_named() {
    let mut definition = Definition::new("shop");
    definition.slos =
        vec![goodput_model::Slo::availability("ok", "0.99"), goodput_model::Slo::availability("fine", "99%")];
    let printed = openslo::print(&definition);
    assert_eq!(printed.left_out.len(), 1);
    assert!(printed.left_out.iter().all(|sentence| sentence.starts_with("SLO \"ok\": objective \"0.99\"")));
    let read = openslo::read(&Source::new("printed.yaml", printed.text)).unwrap().definition;
    assert_eq!(read.slos.iter().map(goodput_model::Slo::name).collect::<Vec<_>>(), ["fine"]);
}
