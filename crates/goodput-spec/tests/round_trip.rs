//! What is printed reads back as it was.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers too")]

mod definitions;

use goodput_model::{Definition, JudgedAt, Slo};
use goodput_spec::{Source, print, read};
use proptest::prelude::*;

fn read_back(definition: &Definition) -> Definition {
    let text = print(definition);
    match read(&Source::new("printed.yaml", text.as_str())) {
        Ok(document) => document.definition,
        Err(diagnostics) => panic!("{text}\n{diagnostics}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_definition_that_holds_reads_back_as_it_was(definition in definitions::definition()) {
        prop_assert_eq!(definition.check(), Vec::new(), "the generator makes definitions that hold");
        prop_assert_eq!(read_back(&definition), definition);
    }
}

#[test]
fn what_is_said_twice_is_printed_once_and_means_the_same() {
    let mut definition = Definition::new("shop");
    definition.slos = vec![Slo::availability("ok", "99%").judged_at(JudgedAt::End)];
    let again = read_back(&definition);
    assert_eq!(print(&again), print(&definition));
    assert_eq!(again.slos.first().unwrap().decision_point(), JudgedAt::End);
}
