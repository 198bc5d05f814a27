//! What is printed as OpenSLO reads back as it was.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers too")]

mod definitions;

use std::fs;
use std::path::Path;

use goodput_model::Definition;
use goodput_spec::{Document, Source, openslo};
use proptest::prelude::*;

fn read_back(definition: &Definition) -> Document {
    let printed = openslo::print(definition);
    assert_eq!(printed.left_out, Vec::<String>::new());
    match openslo::read(&Source::new("printed.yaml", printed.text.as_str())) {
        Ok(document) => document,
        Err(diagnostics) => panic!("{}\n{diagnostics}", printed.text),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_definition_that_holds_reads_back_as_it_was_without_a_warning(definition in definitions::definition()) {
        prop_assert_eq!(definition.check(), Vec::new(), "the generator makes definitions that hold");
        let document = read_back(&definition);
        prop_assert_eq!(&document.warnings, &Vec::new(), "{}", openslo::print(&definition).text);
        prop_assert_eq!(document.definition, definition);
    }
}

/// Whatever a text says: it is refused with a reason, or is a definition that holds and survives being printed.
fn survives(text: &str) {
    match openslo::read(&Source::new("any.yaml", text)) {
        Ok(document) => {
            assert_eq!(document.definition.check(), [], "{text}");
            assert_eq!(read_back(&document.definition).definition, document.definition, "{text}");
        }
        Err(diagnostics) => {
            assert!(diagnostics.has_errors(), "{text}");
            assert!(!diagnostics.to_string().is_empty());
        }
    }
}

fn fixtures() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openslo");
    let files = ["good", "bad"].map(|name| fs::read_dir(folder.join(name)).unwrap());
    let mut files: Vec<_> = files.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files.into_iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// A text with some of its words changed for words of others.
fn mutated() -> impl Strategy<Value = String> {
    let words = [
        "",
        "null",
        "[]",
        "{}",
        "goodput",
        "1m",
        "0",
        "1",
        "99.9",
        "-1",
        "Timeslices",
        "a",
        "*a",
        "&a",
        "\n",
        "\"",
        "---\n",
        "é",
        "\t",
    ];
    let change = (any::<proptest::sample::Index>(), proptest::sample::select(words.to_vec()));
    let text = proptest::sample::select(fixtures());
    (text, proptest::collection::vec(change, 1..6)).prop_map(|(text, changes)| {
        let mut parts: Vec<&str> = text.split_inclusive([' ', ',', '{', '}', '[', ']', ':', '\n']).collect();
        for (at, word) in changes.into_iter().filter(|_| !text.is_empty()) {
            let at = at.index(parts.len());
            if let Some(part) = parts.get_mut(at) {
                *part = word;
            }
        }
        parts.concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        survives(&text);
    }

    #[test]
    fn no_change_of_a_file_makes_it_panic(text in mutated()) {
        survives(&text);
    }
}
