//! Any text: refused in bounded words, or read into a definition that holds and reads back as it was when printed.

#![no_main]

use goodput_spec::{Source, lint, print, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match read(&Source::new("fuzz.yaml", text)) {
        Err(diagnostics) => {
            assert!((1..=100).contains(&diagnostics.iter().len()));
            assert!(diagnostics.to_string().len() < 500_000);
            assert_eq!(diagnostics.items().len(), diagnostics.iter().len());
        }
        Ok(document) => {
            assert_eq!(document.definition.check(), []);
            drop(lint::lint(&document));
            let printed = print(&document.definition);
            match read(&Source::new("printed.yaml", printed.as_str())) {
                Ok(again) => assert_eq!(again.definition, document.definition, "{printed}"),
                Err(diagnostics) => panic!("{printed}\n{diagnostics}"),
            }
        }
    }
});
